using System.Globalization;

namespace GptSharp.Ptx.Lint.Forms;

/// <summary>The PTX version and the GPU that a file is written for.</summary>
/// <param name="Version">The version times 100: 708 is PTX 7.8.</param>
/// <param name="Sm">The number in <c>sm_90</c>.</param>
/// <param name="Suffix">The letter in <c>sm_90a</c> or <c>sm_100f</c>; otherwise a zero character.</param>
/// <param name="AddressSize">Bits of an address; 0 in a requirement that any will do for.</param>
internal readonly record struct TargetGpu(int Version, int Sm, char Suffix, int AddressSize)
{
    public override string ToString() => $"PTX {VersionName(Version)} and {SmName(Sm, Suffix)}";

    internal static string VersionName(int version) => $"{version / 100}.{version % 100}";

    internal static string SmName(int sm, char suffix) => suffix == '\0' ? $"sm_{sm}" : $"sm_{sm}{suffix}";
}

/// <summary>What a form needs: one of several pairs of a PTX version and a GPU, and not the pair from which it no longer exists.</summary>
/// <param name="Alternatives">The pairs, any of which suffices.</param>
/// <param name="RemovedFrom">The version and GPU from which the form is gone, or null.</param>
internal sealed record Requirement(IReadOnlyList<TargetGpu> Alternatives, TargetGpu? RemovedFrom)
{
    /// <summary>
    /// Reads <c>7.8/90</c>, several of them with commas between, <c>a32</c> for addresses of 32 bits, and <c>!6.4/70</c> behind them for the
    /// pair from which the form is gone.
    /// </summary>
    public static Requirement Parse(string condition)
    {
        string[] parts = condition.Split('!');
        return new Requirement(
            parts[0].Split(',').Select(ReadPair).ToList(),
            parts.Length > 1 ? ReadPair(parts[1]) : null);
    }

    private static TargetGpu ReadPair(string pair)
    {
        if (pair[0] == 'a')
        {
            return new TargetGpu(100, 0, '\0', int.Parse(pair.AsSpan(1), CultureInfo.InvariantCulture));
        }

        string[] parts = pair.Split('/');
        string[] version = parts[0].Split('.');
        char suffix = char.IsAsciiLetter(parts[1][^1]) ? parts[1][^1] : '\0';
        return new TargetGpu(
            int.Parse(version[0], CultureInfo.InvariantCulture) * 100 + int.Parse(version[1], CultureInfo.InvariantCulture),
            int.Parse(suffix == '\0' ? parts[1] : parts[1][..^1], CultureInfo.InvariantCulture),
            suffix,
            0);
    }

    /// <summary>Whether a file's version and GPU suffice.</summary>
    public bool IsMetBy(TargetGpu target)
    {
        if (RemovedFrom is { } removed && target.Version >= removed.Version && target.Sm >= removed.Sm)
        {
            return false;
        }

        foreach (TargetGpu alternative in Alternatives)
        {
            if (target.Version >= alternative.Version && Runs(target, alternative)
                && (alternative.AddressSize == 0 || alternative.AddressSize == target.AddressSize))
            {
                return true;
            }
        }

        return false;
    }

    public override string ToString()
    {
        if (Alternatives is [{ AddressSize: > 0 and var size }])
        {
            return $"addresses of {size} bits";
        }

        var pairs = Alternatives.Select(pair => pair.Sm == 0 ? $"PTX {TargetGpu.VersionName(pair.Version)}" : pair.ToString()).ToList();
        string needs = string.Join(", or ", pairs);
        return RemovedFrom is { } removed ? $"{needs}, and was removed from {removed} on" : needs;
    }

    // A letter ties a feature to one GPU (a) or to its family (f); without one, every later GPU has it.
    private static bool Runs(TargetGpu target, TargetGpu needed) => needed.Suffix switch
    {
        'a' => target.Suffix == 'a' && Renamed(target.Sm) == Renamed(needed.Sm),
        'f' => target.Suffix != '\0' && Renamed(target.Sm) / 10 == Renamed(needed.Sm) / 10 && target.Sm >= needed.Sm,
        _ => target.Sm >= needed.Sm,
    };

    // What PTX 8.6 called sm_101 has been sm_110 since PTX 9.0.
    private static int Renamed(int sm) => sm == 101 ? 110 : sm;
}
