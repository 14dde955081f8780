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

    /// <summary>Runs a block to its end.</summary>
    /// <exception cref="KernelFaultException">A mistake that ends the launch.</exception>
    public void Run(long block)
    {
        _block = block;
        _memory.BeginBlock(block);
        foreach (Warp warp in _warps)
        {
            warp.Begin(_launch.Grid.At(block));
        }

        ResetBarriers();
        try
        {
            Schedule();
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

    private void Schedule()
    {
        Random? random = _launch.ShuffleSeed is { } seed ? new Random(HashCode.Combine(seed, _block)) : null;
        int running = _warps.Length;
        int next = 0;
        while (running > 0)
        {
            Warp? warp = Pick(random, ref next);
            if (warp is null)
            {
                ReportDeadlock();
                return;
            }

            uint before = warp.Live;
            if (_counts is null)
            {
                RunWarp<NotCounted>(warp, random?.Next(1, LongestShuffledTurn) ?? Turn);
            }
            else
            {
                RunWarp<Counted>(warp, random?.Next(1, LongestShuffledTurn) ?? Turn);
            }

            if (warp.Live == 0)
            {
                running--;
                _memory.ExitWarp(warp.Number);
            }

            if (warp.Live != before)
            {
                ReviewBarriers();
            }
        }
    }

    private Warp? Pick(Random? random, ref int next)
    {
        int first = random?.Next(_warps.Length) ?? next;
        for (int i = 0; i < _warps.Length; i++)
        {
            int number = (first + i) % _warps.Length;
            if (_warps[number].Live != 0 && FindReady(_warps[number]) >= 0)
            {
                next = (number + 1) % _warps.Length;
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
