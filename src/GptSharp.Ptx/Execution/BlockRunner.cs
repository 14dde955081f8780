using System.Runtime.InteropServices;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Execution;

/// <summary>
/// Runs blocks, one after the other, for one worker thread: it schedules the warps of a block and holds its barriers. A warp runs
/// until it waits, ends or has had its turn.
/// </summary>
internal sealed unsafe partial class BlockRunner : IDisposable
{
    // A warp that polls memory must let the others run some time.
    private const long Turn = 100_000;
    private const int LongestShuffledTurn = 64;
    private const int ScratchBytes = 512;
    private const int LargestTile = 1024;

    private readonly Launch _launch;
    private readonly KernelProgram _program;
    private readonly BlockMemory _memory;
    private readonly FindingSink _findings;
    private readonly ExecutionCounts? _counts;
    private readonly Warp[] _warps;
    private readonly byte* _scratch;
    private readonly byte* _rows;
    private readonly ulong* _rowAddresses;
    private long _block;
    private Random? _random;
    private int _running;
    private int _nextWarp;

    /// <summary>Prepares a worker.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="memory">The worker's view of memory.</param>
    /// <param name="findings">Where mistakes go.</param>
    /// <param name="counts">Where executions are counted, or null.</param>
    public BlockRunner(Launch launch, BlockMemory memory, FindingSink findings, ExecutionCounts? counts)
    {
        (_launch, _program, _memory, _findings, _counts) = (launch, launch.Program, memory, findings, counts);
        _scratch = (byte*)NativeMemory.AlignedAlloc(ScratchBytes, 64);
        _rows = (byte*)NativeMemory.AlignedAlloc(LargestTile, 64);
        _rowAddresses = (ulong*)NativeMemory.AlignedAlloc(WarpSize.Lanes * sizeof(ulong), 64);
        _warps = new Warp[launch.Warps];
        for (int number = 0; number < _warps.Length; number++)
        {
            _warps[number] = new Warp(_program, launch, number);
        }
    }

    /// <summary>Steps that all blocks together executed.</summary>
    public long Steps { get; private set; }

    /// <summary>The turn of the launch in which the block was begun: its place in the order of blocks.</summary>
    public long TurnOfBlock { get; private set; }

    /// <summary>Puts all threads of a block before the kernel's first statement.</summary>
    /// <param name="block">Number of the block in the grid.</param>
    /// <param name="turn">Its place in the order of blocks.</param>
    public void Begin(long block, long turn)
    {
        (_block, TurnOfBlock) = (block, turn);
        _memory.BeginBlock(block);
        foreach (Warp warp in _warps)
        {
            warp.Begin(_launch.Grid.At(block));
        }

        ResetBarriers();
        _random = _launch.ShuffleSeed is { } seed ? new Random(HashCode.Combine(seed, block)) : null;
        (_running, _nextWarp) = (_warps.Length, 0);
    }

    /// <summary>Runs the block on, to its end or for some time.</summary>
    /// <param name="steps">When to stop a block that does not end by itself.</param>
    /// <returns>Whether the block has ended.</returns>
    /// <exception cref="KernelFaultException">A mistake that ends the launch.</exception>
    public bool Run(long steps)
    {
        try
        {
            if (!Schedule(steps))
            {
                return false;
            }
        }
        catch (BlockAbortedException)
        {
            // The finding is in the list; the launch goes on with the next block.
        }

        foreach (Warp warp in _warps)
        {
            Steps += warp.Steps;
        }

        _memory.EndBlock();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Warp warp in _warps)
        {
            warp.Dispose();
        }

        NativeMemory.AlignedFree(_scratch);
        NativeMemory.AlignedFree(_rows);
        NativeMemory.AlignedFree(_rowAddresses);
    }

    private bool Schedule(long steps)
    {
        while (_running > 0)
        {
            Warp? warp = Pick();
            if (warp is null)
            {
                ReportDeadlock();
                return true;
            }

            uint before = warp.Live;
            long begun = warp.Steps;
            if (_counts is null)
            {
                RunWarp<NotCounted>(warp, _random?.Next(1, LongestShuffledTurn) ?? Turn);
            }
            else
            {
                RunWarp<Counted>(warp, _random?.Next(1, LongestShuffledTurn) ?? Turn);
            }

            if (warp.Live == 0)
            {
                _running--;
                _memory.ExitWarp(warp.Number);
            }

            if (warp.Live != before)
            {
                ReviewBarriers();
            }

            steps -= warp.Steps - begun;
            if (steps < 0)
            {
                return _running == 0;
            }
        }

        return true;
    }

    private Warp? Pick()
    {
        int first = _random?.Next(_warps.Length) ?? _nextWarp;
        for (int i = 0; i < _warps.Length; i++)
        {
            int number = (first + i) % _warps.Length;
            if (_warps[number].Live != 0 && FindReady(_warps[number]) >= 0)
            {
                _nextWarp = (number + 1) % _warps.Length;
                return _warps[number];
            }
        }

        return null;
    }

    private static int FindReady(Warp warp)
    {
        if (warp.Current < warp.SplitCount && warp.Splits[warp.Current].State == SplitState.Ready)
        {
            return warp.Current;
        }

        for (int i = warp.SplitCount - 1; i >= 0; i--)
        {
            if (warp.Splits[i].State == SplitState.Ready)
            {
                return i;
            }
        }

        return -1;
    }

    private void RunWarp<TCounting>(Warp warp, long turn)
        where TCounting : struct
    {
        long end = warp.Steps + turn;
        while (warp.Steps < end)
        {
            int ready = FindReady(warp);
            if (ready < 0)
            {
                break;
            }

            warp.Current = ready;
            Execute<TCounting>(warp, end);
            if (warp.Steps > _launch.StepLimit)
            {
                Fail(warp, FindingKind.EndlessLoop, $"The warp has executed more than {_launch.StepLimit} instructions: an endless loop, or a step limit that is too low.");
            }
        }

        if (warp.Live != 0 && FindReady(warp) < 0)
        {
            ReviewAlignedBarrier(warp);
        }
    }

    private void Report(Warp warp, FindingKind kind, string message, uint lanes) =>
        _findings.Report(kind, message, _block, warp.Number, System.Numerics.BitOperations.TrailingZeroCount(lanes == 0 ? 1 : lanes), warp.Step);

    // A mistake after which the block cannot go on.
    private void Fail(Warp warp, FindingKind kind, string message, uint lanes = 0)
    {
        lanes = lanes == 0 ? warp.Splits[warp.Current].Mask : lanes;
        Report(warp, kind, message, lanes);
        throw new BlockAbortedException();
    }

    /// <summary>Marks an interpreter that counts executions.</summary>
    private readonly struct Counted;

    /// <summary>Marks an interpreter that does not count.</summary>
    private readonly struct NotCounted;

    /// <summary>Ends a block after a finding that was noted.</summary>
    private sealed class BlockAbortedException : Exception;
}
