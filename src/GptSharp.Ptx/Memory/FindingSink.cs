namespace GptSharp.Ptx.Memory;

/// <summary>
/// Where everything that a launch does wrong arrives, from all worker threads. It stops the launch at the first finding, or keeps
/// one per statement and kind: that of the lowest block, so that the list does not depend on which worker ran which block.
/// </summary>
/// <param name="kernel">The launch.</param>
/// <param name="limit">Most findings to keep; 1 stops the launch at the first.</param>
internal sealed class FindingSink(KernelMemory kernel, int limit)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Instruction, FindingKind Kind), (long Block, Finding Finding)> _kept = [];

    /// <summary>Whether the first finding ends the launch.</summary>
    public bool StopsAtFirst => limit <= 1;

    /// <summary>What was found, by block and line.</summary>
    public IReadOnlyList<Finding> Findings
    {
        get
        {
            lock (_lock)
            {
                return [.. _kept.Values.OrderBy(kept => kept.Block).ThenBy(kept => kept.Finding.Line).ThenBy(kept => kept.Finding.Kind).Select(kept => kept.Finding).Take(limit)];
            }
        }
    }

    /// <summary>Takes a finding.</summary>
    /// <param name="kind">What kind of mistake.</param>
    /// <param name="message">A sentence.</param>
    /// <param name="block">Number of the block in the grid.</param>
    /// <param name="warp">The warp in the block.</param>
    /// <param name="lane">The lane in the warp.</param>
    /// <param name="instruction">Number of the instruction.</param>
    /// <exception cref="KernelFaultException">Always, when the first finding is to end the launch.</exception>
    public void Report(FindingKind kind, string message, long block, int warp, int lane, int instruction)
    {
        (int line, string text) = kernel.Locate(instruction);
        var finding = new Finding(kind, message, kernel.Name, kernel.Grid.At(block), kernel.Thread(warp, lane), line, text);
        lock (_lock)
        {
            if (!_kept.TryGetValue((instruction, kind), out (long Block, Finding Finding) kept) || block < kept.Block)
            {
                _kept[(instruction, kind)] = (block, finding);
            }
        }

        if (StopsAtFirst)
        {
            throw new KernelFaultException(finding);
        }
    }
}
