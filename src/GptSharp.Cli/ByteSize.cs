using System.Globalization;
using GptSharp.Nn;

namespace GptSharp.Cli;

/// <summary>Sizes as people write them: 5GB, 200MB, 512KiB, 4096.</summary>
internal static class ByteSize
{
    private static readonly (string Suffix, long Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1), ("", 1),
    ];

    /// <summary>The number of bytes.</summary>
    /// <exception cref="ConfigurationException">It is no size; the sentence names the option.</exception>
    public static long Parse(string option, string text)
    {
        (string suffix, long bytes) = Units.First(unit => text.EndsWith(unit.Suffix, StringComparison.OrdinalIgnoreCase));
        return long.TryParse(text[..^suffix.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            && count > 0 && count <= long.MaxValue / bytes
            ? count * bytes
            : throw new ConfigurationException($"{option} is '{text}', but must be a size such as 5GB, 200MB or 4096.");
    }
}
