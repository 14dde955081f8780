using GptSharp.Ptx.Counters;

namespace GptSharp.Ptx.Memory;

/// <summary>Who looks on while a warp uses memory. A type parameter, so that looking away costs nothing.</summary>
internal unsafe interface IAccessObserver
{
    /// <summary>The checks, or null.</summary>
    AccessChecker? Checker { get; }

    /// <summary>The counter, or null.</summary>
    AccessCounter? Counter { get; }

    /// <summary>A warp instruction is about to use memory.</summary>
    void Request(MemoryInstruction op, MemorySpace space, uint mask, ulong* addresses, int laneBytes);

    /// <summary>Lanes are about to read.</summary>
    void Read(MemoryInstruction op, int warp, in Segment segment);

    /// <summary>Lanes are about to write values.</summary>
    void Write(MemoryInstruction op, int warp, in Segment segment, byte* values);

    /// <summary>A lane is about to change memory atomically.</summary>
    void Atomic(MemoryInstruction op, int warp, in Segment segment);
}

/// <summary>The worker memory's side that a launch sums up.</summary>
internal interface IObservingMemory
{
    /// <summary>What the worker's blocks touched.</summary>
    RegionTable Regions { get; }

    /// <summary>The checks, or null.</summary>
    AccessChecker? Checker { get; }

    /// <summary>The counter, or null.</summary>
    AccessCounter? Counter { get; }
}

/// <summary>Nobody looks on.</summary>
internal readonly unsafe struct NoObserver : IAccessObserver
{
    /// <inheritdoc/>
    public AccessChecker? Checker => null;

    /// <inheritdoc/>
    public AccessCounter? Counter => null;

    /// <inheritdoc/>
    public void Request(MemoryInstruction op, MemorySpace space, uint mask, ulong* addresses, int laneBytes)
    {
    }

    /// <inheritdoc/>
    public void Read(MemoryInstruction op, int warp, in Segment segment)
    {
    }

    /// <inheritdoc/>
    public void Write(MemoryInstruction op, int warp, in Segment segment, byte* values)
    {
    }

    /// <inheritdoc/>
    public void Atomic(MemoryInstruction op, int warp, in Segment segment)
    {
    }
}

/// <summary>The checks look on.</summary>
internal readonly unsafe struct CheckingObserver(AccessChecker checker) : IAccessObserver
{
    /// <inheritdoc/>
    public AccessChecker? Checker => checker;

    /// <inheritdoc/>
    public AccessCounter? Counter => null;

    /// <inheritdoc/>
    public void Request(MemoryInstruction op, MemorySpace space, uint mask, ulong* addresses, int laneBytes)
    {
    }

    /// <inheritdoc/>
    public void Read(MemoryInstruction op, int warp, in Segment segment) => checker.Read(op, warp, segment);

    /// <inheritdoc/>
    public void Write(MemoryInstruction op, int warp, in Segment segment, byte* values) => checker.Write(op, warp, segment, values);

    /// <inheritdoc/>
    public void Atomic(MemoryInstruction op, int warp, in Segment segment) => checker.Atomic(op, warp, segment);
}

/// <summary>The counter looks on.</summary>
internal readonly unsafe struct CountingObserver(AccessCounter counter) : IAccessObserver
{
    /// <inheritdoc/>
    public AccessChecker? Checker => null;

    /// <inheritdoc/>
    public AccessCounter? Counter => counter;

    /// <inheritdoc/>
    public void Request(MemoryInstruction op, MemorySpace space, uint mask, ulong* addresses, int laneBytes) => counter.Request(op, space, mask, addresses, laneBytes);

    /// <inheritdoc/>
    public void Read(MemoryInstruction op, int warp, in Segment segment) => AccessCounter.Touch(segment, false);

    /// <inheritdoc/>
    public void Write(MemoryInstruction op, int warp, in Segment segment, byte* values) => AccessCounter.Touch(segment, true);

    /// <inheritdoc/>
    public void Atomic(MemoryInstruction op, int warp, in Segment segment) => AccessCounter.Touch(segment, true);
}

/// <summary>Both look on.</summary>
internal readonly unsafe struct BothObservers(AccessChecker checker, AccessCounter counter) : IAccessObserver
{
    /// <inheritdoc/>
    public AccessChecker? Checker => checker;

    /// <inheritdoc/>
    public AccessCounter? Counter => counter;

    /// <inheritdoc/>
    public void Request(MemoryInstruction op, MemorySpace space, uint mask, ulong* addresses, int laneBytes) => counter.Request(op, space, mask, addresses, laneBytes);

    /// <inheritdoc/>
    public void Read(MemoryInstruction op, int warp, in Segment segment)
    {
        AccessCounter.Touch(segment, false);
        checker.Read(op, warp, segment);
    }

    /// <inheritdoc/>
    public void Write(MemoryInstruction op, int warp, in Segment segment, byte* values)
    {
        AccessCounter.Touch(segment, true);
        checker.Write(op, warp, segment, values);
    }

    /// <inheritdoc/>
    public void Atomic(MemoryInstruction op, int warp, in Segment segment)
    {
        AccessCounter.Touch(segment, true);
        checker.Atomic(op, warp, segment);
    }
}
