using System.Runtime.InteropServices;

namespace GptSharp.Ptx.Memory;

/// <summary>A <c>cp.async</c> of a warp on its way: per lane, where the data go and what they were when it was issued.</summary>
internal sealed unsafe class AsyncCopy
{
    private const int Lanes = 32;

    /// <summary>Bytes that one lane copies at most.</summary>
    public const int LargestLane = 16;

    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(Lanes * (LargestLane + sizeof(ulong) + sizeof(ulong) + sizeof(int) + sizeof(int)), 64);

    /// <summary>Number of the instruction.</summary>
    public int Instruction { get; set; }

    /// <summary>Bytes that each lane writes.</summary>
    public int LaneBytes { get; set; }

    /// <summary>The lanes whose copies are still pending.</summary>
    public uint Mask { get; set; }

    /// <summary>All bytes of the target of each lane.</summary>
    public byte* Data => _memory;

    /// <summary>Where the data of each lane go: offsets in shared memory.</summary>
    public ulong* Targets => (ulong*)(_memory + (Lanes * LargestLane));

    /// <summary>Where they come from.</summary>
    public byte** Sources => (byte**)(Targets + Lanes);

    /// <summary>How many bytes each lane reads; the others become zero.</summary>
    public int* BytesRead => (int*)(Sources + Lanes);

    /// <summary>The group of each lane, counted per lane.</summary>
    public int* Groups => BytesRead + Lanes;

    /// <summary>Whether the source of a lane still holds what was read.</summary>
    public bool SourceIsUnchanged(int lane) =>
        new ReadOnlySpan<byte>(Sources[lane], BytesRead[lane]).SequenceEqual(new ReadOnlySpan<byte>(Data + (lane * LargestLane), BytesRead[lane]));

    /// <summary>Frees the memory.</summary>
    public void Free() => NativeMemory.AlignedFree(_memory);
}

/// <summary>The copies that the lanes of one warp have issued and not yet waited for, in groups that each lane counts for itself.</summary>
internal sealed unsafe class AsyncCopyQueue : IDisposable
{
    private const int Lanes = 32;

    private readonly List<AsyncCopy> _pending = [];
    private readonly Stack<AsyncCopy> _free = new();
    private readonly int[] _committed = new int[Lanes];

    /// <summary>A new copy; the caller fills in targets, sources and bytes, and calls <see cref="Add"/>.</summary>
    public AsyncCopy Create() => _free.Count > 0 ? _free.Pop() : new AsyncCopy();

    /// <summary>Starts a copy: its data are read now.</summary>
    /// <param name="copy">What <see cref="Create"/> gave.</param>
    public void Add(AsyncCopy copy)
    {
        for (uint rest = copy.Mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            copy.Groups[lane] = _committed[lane];
            AsyncCopies.Move(copy.Data + (lane * AsyncCopy.LargestLane), copy.Sources[lane], copy.BytesRead[lane], copy.LaneBytes);
        }

        _pending.Add(copy);
    }

    /// <summary>Takes back a copy that was not started.</summary>
    public void Release(AsyncCopy copy) => _free.Push(copy);

    /// <summary>Closes the open group of some lanes.</summary>
    public void Commit(uint mask)
    {
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            _committed[int.TrailingZeroCount((int)rest)]++;
        }
    }

    /// <summary>Completes the copies of some lanes, but for their latest groups.</summary>
    /// <param name="mask">The lanes that wait.</param>
    /// <param name="remaining">How many groups may stay pending.</param>
    /// <param name="warp">The warp.</param>
    /// <param name="checker">Learns of each lane's copy that is complete.</param>
    public void Wait(uint mask, int remaining, int warp, AccessChecker checker)
    {
        int kept = 0;
        for (int i = 0; i < _pending.Count; i++)
        {
            AsyncCopy copy = _pending[i];
            uint complete = 0;
            for (uint rest = copy.Mask & mask; rest != 0; rest &= rest - 1)
            {
                int lane = int.TrailingZeroCount((int)rest);
                complete |= copy.Groups[lane] < _committed[lane] - remaining ? 1u << lane : 0;
            }

            if (complete != 0)
            {
                checker.CompleteCopies(warp, copy, complete);
                copy.Mask &= ~complete;
            }

            if (copy.Mask == 0)
            {
                _free.Push(copy);
            }
            else
            {
                _pending[kept++] = copy;
            }
        }

        _pending.RemoveRange(kept, _pending.Count - kept);
    }

    /// <summary>Forgets all copies and groups.</summary>
    public void Clear()
    {
        foreach (AsyncCopy copy in _pending)
        {
            _free.Push(copy);
        }

        _pending.Clear();
        Array.Clear(_committed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        foreach (AsyncCopy copy in _free)
        {
            copy.Free();
        }

        _free.Clear();
    }
}
