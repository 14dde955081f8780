using GptSharp.Ptx.Counters;

namespace GptSharp.Kernels.Tests;

/// <summary>
/// The statements of a launch that were executed equally often: those of one loop, when its trips are like no other's. Counts are per trip of a warp.
/// </summary>
/// <param name="counters">Of the launch.</param>
/// <param name="trips">Trips of all warps.</param>
internal sealed class LoopCounts(LaunchCounters counters, long trips)
{
    private readonly StatementCounters[] _statements = [.. counters.Statements.Where(statement => statement.Executions == trips)];

    public int Matrix => Count(InstructionClass.Matrix);

    /// <summary>Instructions other than mma, per mma.</summary>
    public double OthersPerMatrix => (double)(_statements.Length - Matrix) / Matrix;

    public double LoadMatricesPerMatrix => (double)Executed("ldmatrix") / Matrix;

    public int Barriers => Count(InstructionClass.Barrier);

    public int Comparisons => Count(InstructionClass.Compare);

    public int Branches => Count(InstructionClass.Control);

    /// <summary>Loads and stores of global memory; asynchronous copies are none.</summary>
    public int GlobalAccesses => Count(InstructionClass.Global);

    /// <summary>Statements that begin with a word.</summary>
    public int Executed(string start) => _statements.Count(statement => statement.Text.StartsWith(start, StringComparison.Ordinal));

    private int Count(InstructionClass instructionClass) => _statements.Count(statement => statement.Class == instructionClass);
}
