namespace GptSharp.Training.Tests;

/// <summary>Finds the float64 tables in tests/golden, from wherever the test runs.</summary>
internal static class Golden
{
    public static string Path(params string[] parts) => System.IO.Path.Combine([Repository(), "tests", "golden", .. parts]);

    public static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "GptSharp.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds GptSharp.sln.");
    }
}
