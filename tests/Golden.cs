using System.Runtime.CompilerServices;

namespace GptSharp;

/// <summary>Where the float64 truth lies that other libraries computed.</summary>
internal static class Golden
{
    /// <summary>The folder <c>tests/golden</c> of the checkout that was compiled.</summary>
    public static string Folder => Path.Combine(Repository, "tests", "golden");

    /// <summary>The root of that checkout.</summary>
    public static string Repository { get; } = Find();

    private static string Find([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, ".."));
}
