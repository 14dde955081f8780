using System.Globalization;
using System.Text.RegularExpressions;
using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>
/// Registers that are alive at once in each kernel that ships, 64-bit ones counted twice and predicates not at all. A kernel above the limit
/// of its family says so in its source, in one line of the first comment, with the figure and the reason; * stands for any text in its name:
/// <code>// registers: attention_64_* 209: a thread holds eight rows, so that a key that was loaded serves eight products.</code>
/// </summary>
public sealed partial class RegisterTests
{
    // Of the 255 that a thread can have; beyond it values go to local memory.
    private const int Most = 255;

    private const int StreamingLimit = 82;

    // The first line that fits a kernel counts. Warps: of a block, where the limit depends on them.
    private static readonly (string Name, int? Warps, int Limit)[] Limits =
    [
        ("^linear.*_128x256_bf16", null, 242),
        ("^linear.*_128x128_bf16", 4, 232),
        ("^linear.*_[0-9]+x[0-9]+_bf16", null, 156),
        ("^(linear|product).*_f32$", null, 140),
        ("^product_.*any", null, 140),
        ("^attention_d64_long", null, 220),
        ("^attention_d64", null, 122),
        ("^attention_d128", null, 220),
        ("^attention_[0-9]+_", null, 220),
        ("^attention_backward_keys.*_128x32", null, 250),
        ("^attention_backward_keys", null, 180),
        ("^attention_backward_queries.*_(64x64|c64_.*)$", null, 170),
        ("^attention_backward_queries", null, 230),
        ("^(layer|rms)_norm_backward", null, 200),
    ];

    public static TheoryData<string> Images => [.. KernelImages.Names(80).Where(name => !name.StartsWith("ladder/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Images))]
    public void Every_kernel_keeps_to_its_familys_limit_or_gives_figure_and_reason(string image)
    {
        Assert.Empty(Problems(KernelImages.ReadText(image), File.ReadAllText(Path.Combine(Golden.Repository, "kernels", image + ".cu"))));
    }

    [Theory]
    [InlineData("busy", "", "busy has 93 registers alive at once, above the limit of 82; say why in its source: // registers: busy 93: reason")]
    [InlineData("busy", "// registers: busy 92: because.", "the source says that busy needs 92 registers, but it is 93")]
    [InlineData("busy", "// registers: b*y 93: because it must.", null)]
    [InlineData("layer_norm_backward_f32", "", null)]
    [InlineData("busy", "// registers: b*y 93: because it must.\n// registers: other* 7: because.", "the source says that other* needs 7 registers, but there is no such kernel")]
    public void A_figure_that_is_missing_or_wrong_is_noticed(string kernel, string header, string? problem)
    {
        string ptx = $$"""
            .version 7.0
            .target sm_80
            .address_size 64
            .visible .entry {{kernel}}(.param .u64 p)
            {
            .reg .b32 %r<100>;
            {{string.Concat(Enumerable.Range(0, 93).Select(i => $"mov.u32 %r{i}, %tid.x;\n"))}}
            {{string.Concat(Enumerable.Range(0, 93).Select(i => $"st.global.u32 [{i * 4}], %r{i};\n"))}}
            ret;
            }
            """;

        Assert.Equal(problem is null ? [] : [problem], Problems(ptx, "// y = x\n" + header + "\n#include \"prelude.cuh\"\n"));
    }

    private static List<string> Problems(string ptx, string source)
    {
        FunctionSyntax[] kernels = [.. Parser.Parse(ptx).Functions.Where(function => function.IsEntry)];
        Dictionary<string, int> live = kernels.ToDictionary(kernel => kernel.Name, kernel => RegisterPressure.MaxLive(kernel).Registers);
        List<string> problems = [];
        List<Regex> excused = [];
        foreach (Match line in HeaderLine().Matches(source))
        {
            (string pattern, int figure) = (line.Groups["name"].Value, int.Parse(line.Groups["figure"].Value, CultureInfo.InvariantCulture));
            var names = new Regex($"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}$");
            int[] actual = [.. live.Where(kernel => names.IsMatch(kernel.Key)).Select(kernel => kernel.Value)];
            if (actual.Length == 0 || actual.Max() != figure)
            {
                string instead = actual.Length == 0 ? "there is no such kernel" : $"it is {actual.Max()}";
                problems.Add($"the source says that {pattern} needs {figure} registers, but {instead}");
            }

            excused.Add(names);
        }

        foreach (FunctionSyntax kernel in kernels)
        {
            (string name, int registers, int limit) = (kernel.Name, live[kernel.Name], LimitOf(kernel));
            if (registers > Most)
            {
                problems.Add($"{name} has {registers} registers alive at once; a thread has {Most}");
            }
            else if (registers > limit && !excused.Any(names => names.IsMatch(name)))
            {
                problems.Add($"{name} has {registers} registers alive at once, above the limit of {limit}; say why in its source: // registers: {name} {registers}: reason");
            }
        }

        return problems;
    }

    private static int LimitOf(FunctionSyntax kernel)
    {
        long threads = kernel.Directives.FirstOrDefault(directive => directive.Name is "maxntid" or "reqntid")?.Values[0] ?? 0;
        foreach ((string name, int? warps, int limit) in Limits)
        {
            if (Regex.IsMatch(kernel.Name, name) && (warps is null || warps == threads / 32))
            {
                return limit;
            }
        }

        return StreamingLimit;
    }

    [GeneratedRegex(@"^// registers: (?<name>\S+) (?<figure>\d+): \S.{7,}$", RegexOptions.Multiline)]
    private static partial Regex HeaderLine();
}
