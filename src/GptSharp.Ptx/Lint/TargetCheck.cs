using System.Globalization;
using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Checks <c>.version</c> and <c>.target</c>: that they are there, known, and fit together.</summary>
internal static class TargetCheck
{
    private const int NewestMajor = 9;

    // The first PTX version that knows a GPU, times 100; the letters a and f came later than the plain name.
    private static readonly Dictionary<string, int> FirstVersion = new(StringComparer.Ordinal)
    {
        ["sm_10"] = 100,
        ["sm_11"] = 100,
        ["sm_12"] = 102,
        ["sm_13"] = 102,
        ["sm_20"] = 200,
        ["sm_21"] = 203,
        ["sm_30"] = 300,
        ["sm_32"] = 400,
        ["sm_35"] = 301,
        ["sm_37"] = 401,
        ["sm_50"] = 400,
        ["sm_52"] = 401,
        ["sm_53"] = 402,
        ["sm_60"] = 500,
        ["sm_61"] = 500,
        ["sm_62"] = 500,
        ["sm_70"] = 600,
        ["sm_72"] = 601,
        ["sm_75"] = 603,
        ["sm_80"] = 700,
        ["sm_86"] = 701,
        ["sm_87"] = 704,
        ["sm_88"] = 900,
        ["sm_89"] = 708,
        ["sm_90"] = 708,
        ["sm_90a"] = 800,
        ["sm_100"] = 806,
        ["sm_100a"] = 806,
        ["sm_100f"] = 808,
        ["sm_101"] = 806,
        ["sm_101a"] = 806,
        ["sm_101f"] = 808,
        ["sm_103"] = 808,
        ["sm_103a"] = 808,
        ["sm_103f"] = 808,
        ["sm_110"] = 900,
        ["sm_110a"] = 900,
        ["sm_110f"] = 900,
        ["sm_120"] = 807,
        ["sm_120a"] = 807,
        ["sm_120f"] = 808,
        ["sm_121"] = 808,
        ["sm_121a"] = 808,
        ["sm_121f"] = 808,
    };

    private static readonly HashSet<string> Options = new(StringComparer.Ordinal)
    {
        "debug", "texmode_unified", "texmode_independent", "map_f64_to_f32",
    };

    /// <summary>Reports what is wrong with the head of a file, and says what the file is written for.</summary>
    public static TargetGpu Check(ModuleSyntax module, FindingList refused)
    {
        int version = CheckVersion(module, refused);
        if (module.Target is not { } target)
        {
            refused.Add(StartOf(module), "The file names no GPU: '.target sm_80' or another was expected behind '.version'.");
            return new TargetGpu(version, int.MaxValue, 'a', module.AddressSize);
        }

        string? gpu = null;
        foreach (string name in target.Names)
        {
            if (FirstVersion.TryGetValue(name, out int first))
            {
                gpu ??= name;
                if (version < first)
                {
                    refused.Add(target.Span, $"{name} needs PTX {TargetGpu.VersionName(first)}; this file is PTX {TargetGpu.VersionName(version)}.");
                }
            }
            else if (!Options.Contains(name))
            {
                refused.Add(target.Span, $"There is no target '{name}'.");
            }
        }

        if (gpu is null)
        {
            refused.Add(target.Span, "'.target' names no GPU: sm_80 or another was expected.");
            return new TargetGpu(version, int.MaxValue, 'a', module.AddressSize);
        }

        char suffix = char.IsAsciiLetter(gpu[^1]) ? gpu[^1] : '\0';
        return new TargetGpu(version, int.Parse(gpu.AsSpan(3).TrimEnd("af"), CultureInfo.InvariantCulture), suffix, module.AddressSize);
    }

    private static int CheckVersion(ModuleSyntax module, FindingList refused)
    {
        if (module.Version is not { } version)
        {
            refused.Add(StartOf(module), "The file has no '.version': it must be the first statement.");
            return int.MaxValue;
        }

        if (version.Major is < 1 or > NewestMajor || version.Minor > 9)
        {
            refused.Add(version.Span, $"There is no PTX {version.Major}.{version.Minor} that is known here; the newest is {NewestMajor}.x.");
        }

        if (module.Target is { } target && target.Span.Start < version.Span.Start)
        {
            refused.Add(version.Span, "'.version' must stand before '.target'.");
        }

        return Math.Clamp(version.Major, 0, 1000) * 100 + Math.Clamp(version.Minor, 0, 99);
    }

    private static SourceSpan StartOf(ModuleSyntax module)
    {
        int length = module.Text.AsSpan().IndexOf('\n');
        return new SourceSpan(module.Text, 0, length < 0 ? module.Text.Length : length, 1, 1);
    }
}
