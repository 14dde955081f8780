using System.Reflection;

namespace GptSharp.Cli.Kernels.Ladders;

/// <summary>The sources of <c>kernels/</c>, as they lie in this program: the teaching text, and the headers that a user's kernel includes.</summary>
internal static class KernelFiles
{
    private const string Prefix = "cu/";
    private static readonly Assembly Home = typeof(KernelFiles).Assembly;

    /// <summary>Paths in <c>kernels/</c>, for example <c>add.cu</c> and <c>ladder/matmul/01_naive.cu</c>.</summary>
    public static IReadOnlyList<string> Paths { get; } =
    [
        .. Home.GetManifestResourceNames()
            .Select(name => name.Replace('\\', '/'))
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of a file.</summary>
    public static string Read(string path)
    {
        using Stream stream = Home.GetManifestResourceStream(Prefix + path) ?? throw new FileNotFoundException($"kernels/{path} is not in this program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Writes the headers to a folder, for a compiler to find.</summary>
    public static void WriteHeaders(string folder)
    {
        foreach (string path in Paths.Where(path => path.EndsWith(".cuh", StringComparison.Ordinal)))
        {
            string target = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllText(target, Read(path));
        }
    }
}
