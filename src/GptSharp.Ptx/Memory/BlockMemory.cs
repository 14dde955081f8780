namespace GptSharp.Ptx.Memory;

/// <summary>
/// All memory as the blocks that one worker runs see it, one block after the other. One call per warp instruction; registers are
/// those of the warp's whole file, and only active lanes are touched.
/// </summary>
internal abstract unsafe class BlockMemory : IDisposable
{
    /// <summary>Starts a block: its shared and local memory is as never written.</summary>
    /// <param name="block">Number of the block in the grid.</param>
    public abstract void BeginBlock(long block);

    /// <summary>Ends a block.</summary>
    public abstract void EndBlock();

    /// <summary>A load of every space and width.</summary>
    public abstract void Load(MemoryInstruction op, byte* registers, int warp, uint mask);

    /// <summary>A store of every space and width.</summary>
    public abstract void Store(MemoryInstruction op, byte* registers, int warp, uint mask);

    /// <summary>An atomic operation or reduction, lane after lane.</summary>
    public abstract void Atomic(MemoryInstruction op, byte* registers, int warp, uint mask);

    /// <summary><c>cp.async</c>: global to shared memory, to be there after the wait.</summary>
    public abstract void CopyAsync(MemoryInstruction op, byte* registers, int warp, uint mask);

    /// <summary><c>cp.async.commit_group</c>.</summary>
    public abstract void CommitCopies(int warp, uint mask);

    /// <summary><c>cp.async.wait_group</c>.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="mask">The active lanes.</param>
    /// <param name="pending">How many of the latest groups may remain.</param>
    public abstract void WaitCopies(int warp, uint mask, int pending);

    /// <summary>Reads rows that all lanes of a warp share out among themselves (<c>ldmatrix</c>, <c>wmma.load</c>).</summary>
    /// <param name="op">The instruction.</param>
    /// <param name="warp">The warp.</param>
    /// <param name="mask">The active lanes.</param>
    /// <param name="addresses">One address per row, in the instruction's space.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="into">Receives row after row.</param>
    public abstract void ReadRows(MemoryInstruction op, int warp, uint mask, ulong* addresses, int rows, int rowBytes, byte* into);

    /// <summary>Writes rows that all lanes of a warp hold parts of (<c>stmatrix</c>, <c>wmma.store</c>).</summary>
    /// <param name="op">The instruction.</param>
    /// <param name="warp">The warp.</param>
    /// <param name="mask">The active lanes.</param>
    /// <param name="addresses">One address per row, in the instruction's space.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="from">Row after row.</param>
    public abstract void WriteRows(MemoryInstruction op, int warp, uint mask, ulong* addresses, int rows, int rowBytes, byte* from);

    /// <summary><c>bar.warp.sync</c>: the lanes waited for each other.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="mask">The lanes that waited.</param>
    /// <param name="live">The lanes that have not ended.</param>
    public abstract void SyncWarp(int warp, uint mask, uint live);

    /// <summary>A warp came to a barrier, to wait or to go on.</summary>
    public abstract void ArriveAtBarrier(int barrier, int warp);

    /// <summary>A barrier is complete.</summary>
    /// <param name="barrier">Its number.</param>
    /// <param name="waitingWarps">A bit for each warp that is released.</param>
    public abstract void CompleteBarrier(int barrier, uint waitingWarps);

    /// <summary>All lanes of a warp have ended.</summary>
    public abstract void ExitWarp(int warp);

    /// <summary><c>membar</c>, <c>fence</c>: what was written before is seen before what is written after.</summary>
    public abstract void Fence(int warp, uint mask);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    /// <param name="disposing">Whether managed resources are to be freed too.</param>
    protected abstract void Dispose(bool disposing);
}
