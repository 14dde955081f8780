using GptSharp.Cli.Kernels.Families;
using GptSharp.Ptx.Counters;

namespace GptSharp.Cli.Kernels.Runs;

/// <summary>The counters by which rungs are told apart, by the names that headers and tables use. Of all of them, less is better.</summary>
internal static class RungCounters
{
    private static readonly Dictionary<string, Func<LaunchCounters, KernelProblem, double?>> ByName = new(StringComparer.Ordinal)
    {
        ["sectors per request"] = (counters, _) => counters.SectorsPerRequest,
        ["global requests"] = (counters, _) => counters.Accesses.GlobalRequests,
        ["bytes over minimum"] = (counters, problem) => (double)counters.Accesses.GlobalBytes / problem.MinimumBytes,
        ["loads through registers"] = (counters, _) => Executions(counters, InstructionClass.Global, "ld"),
        ["bank conflicts"] = (counters, _) => counters.Accesses.Wavefronts - counters.Accesses.IdealWavefronts,
        ["shared wavefronts"] = (counters, _) => counters.Accesses.Wavefronts,
        ["instructions per mma"] = (counters, _) => PerMma(counters),
        ["warp instructions"] = (counters, _) => counters.WarpInstructions,
        ["barriers"] = (counters, _) => counters.Count(InstructionClass.Barrier),
        ["shuffles"] = (counters, _) => counters.Count(InstructionClass.Warp),
        ["special functions"] = (counters, _) => counters.Count(InstructionClass.SpecialFunction),
        ["registers"] = (counters, _) => counters.MaxLiveRegisters,
        ["shared bytes"] = (counters, _) => counters.SharedBytesPerBlock,
        ["modelled time"] = (counters, _) => Roofline.Model(counters, GpuModel.All[0]).Bound.Microseconds,
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>A counter of a launch; null where it has no meaning, as instructions per mma without one.</summary>
    public static double? Value(string name, LaunchCounters counters, KernelProblem problem) => ByName[name](counters, problem);

    private static double? PerMma(LaunchCounters counters)
    {
        long mma = counters.Count(InstructionClass.Matrix);
        return mma == 0 ? null : (double)(counters.WarpInstructions - mma) / mma;
    }

    private static long Executions(LaunchCounters counters, InstructionClass instructionClass, string opcode) => counters.Statements
        .Where(statement => statement.Class == instructionClass && statement.Text.Contains(opcode + ".", StringComparison.Ordinal))
        .Sum(statement => statement.Executions);
}
