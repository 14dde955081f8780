using System.Reflection;
using System.Text;

namespace GptSharp.Tensors.Backends.Cuda.Images;

/// <summary>The PTX files of <c>kernels/ptx</c>, as they lie in this assembly.</summary>
public static class KernelImages
{
    private const string Prefix = "ptx/";
    private static readonly Assembly Home = typeof(KernelImages).Assembly;

    /// <summary>Compute capabilities for which there are images, most demanding first.</summary>
    public static IReadOnlyList<int> Capabilities { get; } = [80, 70];

    /// <summary>Names of all images of a capability, for example <c>add</c> and <c>ladder/matmul/01_naive</c>.</summary>
    public static IReadOnlyList<string> Names(int capability)
    {
        string folder = $"{Prefix}sm_{capability}/";
        return [.. Home.GetManifestResourceNames()
            .Select(name => name.Replace('\\', '/'))
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Select(name => name[folder.Length..^".ptx".Length])
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>The text of an image, UTF-8.</summary>
    /// <param name="name">Its source file without extension.</param>
    /// <param name="capability">70 or 80.</param>
    /// <exception cref="FileNotFoundException">There is none: for 70, because the file has BF16 kernels only.</exception>
    public static byte[] Read(string name, int capability = 80)
    {
        using Stream stream = Home.GetManifestResourceStream($"{Prefix}sm_{capability}/{name}.ptx")
            ?? throw new FileNotFoundException($"There is no kernel image {name} for sm_{capability}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The text of an image.</summary>
    /// <param name="name">Its source file without extension.</param>
    /// <param name="capability">70 or 80.</param>
    public static string ReadText(string name, int capability = 80) => Encoding.UTF8.GetString(Read(name, capability));
}
