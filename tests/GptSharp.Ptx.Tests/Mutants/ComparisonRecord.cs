using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Tests.Kernels;

namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>
/// Which outcomes each comparison of a kernel had in a run at one shape. A comparison that always held, and its mutant that always
/// holds, execute the very same instructions on the very same values.
/// </summary>
internal sealed class ComparisonRecord
{
    private readonly HashSet<(int Line, bool Outcome)> _seen;

    private ComparisonRecord(HashSet<(int Line, bool Outcome)> seen) => _seen = seen;

    /// <summary>Runs the kernel as it is, with a statement behind each comparison for either outcome, and counts those.</summary>
    /// <param name="item">The kernel and its shape.</param>
    /// <param name="lines">The module of the mutants.</param>
    public static ComparisonRecord Of(KernelCase item, string[] lines)
    {
        string[] probed = [.. lines.Select(line => Mutant.ComparePattern().Match(line.Trim()) is { Success: true } compare
            ? $"{line} {{ .reg .b32 %seen; @{compare.Groups[1].Value} mov.b32 %seen, 1; @!{compare.Groups[1].Value} mov.b32 %seen, 0; }}"
            : line)];
        using var bench = new Bench();
        KernelArgument[] arguments = item.Prepare(bench);
        LaunchReport report = PtxModule.Parse(string.Join('\n', probed)).Launch(
            item.Kernel,
            item.Grid,
            new Dimensions(item.Threads),
            arguments,
            bench.Memory,
            new LaunchOptions { SharedBytes = item.SharedBytes, Checks = Checks.None, Counters = true, Workers = 1 });
        bench.Check();
        return new([.. report.Counters!.Statements
            .Where(statement => statement.ActiveLanes > 0 && statement.Text.Contains("%seen", StringComparison.Ordinal))
            .Select(statement => (statement.Line, statement.Text.EndsWith(" 1;", StringComparison.Ordinal)))]);
    }

    /// <summary>Whether a mutant does anything else at this shape than the kernel.</summary>
    public bool Tells(Mutant mutant) => mutant.Kind switch
    {
        MutationKind.AlwaysTrue => _seen.Contains((mutant.Line, false)),
        MutationKind.AlwaysFalse => _seen.Contains((mutant.Line, true)),
        _ => true,
    };
}
