using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Ptx.Memory;

/// <summary>A <c>cp.async</c> of lanes side by side on its way: the data as they were when it was issued.</summary>
internal sealed unsafe class AsyncCopy
{
    private const int LargestRun = 32 * 16;

    /// <summary>Number of the instruction.</summary>
    public int Instruction { get; set; }

    /// <summary>Where the data go.</summary>
    public Segment Target { get; set; }

    /// <summary>Where they come from.</summary>
    public byte* Source { get; set; }

    /// <summary>How many bytes were read; the others become zero.</summary>
    public int BytesRead { get; set; }

    /// <summary>The group, counted per lane.</summary>
    public int Group { get; set; }

    /// <summary>All bytes of the target.</summary>
    public byte* Data { get; } = (byte*)NativeMemory.AlignedAlloc(LargestRun, 64);

    /// <summary>Whether the source still holds what was read.</summary>
    public bool SourceIsUnchanged => new ReadOnlySpan<byte>(Source, BytesRead).SequenceEqual(new ReadOnlySpan<byte>(Data, BytesRead));

    /// <summary>Frees the data.</summary>
    public void Free() => NativeMemory.AlignedFree(Data);
}

/// <summary>The copies that the lanes of one warp have issued and not yet waited for, in groups that each lane counts for itself.</summary>
internal sealed unsafe class AsyncCopyQueue : IDisposable
{
    private const int Lanes = 32;

    private readonly List<AsyncCopy> _pending = [];
    private readonly Stack<AsyncCopy> _free = new();
    private readonly int[] _committed = new int[Lanes];

    /// <summary>Whether all lanes have committed the same number of groups.</summary>
    public bool IsUniform { get; private set; } = true;

    /// <summary>Starts a copy.</summary>
    /// <param name="instruction">Number of the instruction.</param>
    /// <param name="target">Where the data go; the lanes of one segment are in one group.</param>
    /// <param name="source">Where they come from.</param>
    /// <param name="bytesRead">Bytes to read for each lane, or fewer for a single lane, which fills up with zeros.</param>
    public void Add(int instruction, in Segment target, byte* source, int bytesRead)
    {
        AsyncCopy copy = _free.Count > 0 ? _free.Pop() : new AsyncCopy();
        copy.Instruction = instruction;
        copy.Target = target;
        copy.Source = source;
        copy.BytesRead = bytesRead * target.Lanes;
        copy.Group = _committed[target.Lane];
        Unsafe.CopyBlockUnaligned(copy.Data, source, (uint)copy.BytesRead);
        Unsafe.InitBlockUnaligned(copy.Data + copy.BytesRead, 0, (uint)(target.ByteCount - copy.BytesRead));
        _pending.Add(copy);
    }

    /// <summary>Closes the open group of some lanes.</summary>
    public void Commit(uint mask)
    {
        SplitUnless(mask);
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            _committed[int.TrailingZeroCount((int)rest)]++;
        }

        IsUniform = (mask == uint.MaxValue && IsUniform) || !_committed.AsSpan().ContainsAnyExcept(_committed[0]);
    }

    /// <summary>Completes the copies of some lanes, but for their latest groups.</summary>
    /// <param name="mask">The lanes that wait.</param>
    /// <param name="remaining">How many groups may stay pending.</param>
    /// <param name="complete">What to do with each copy.</param>
    public void Wait(uint mask, int remaining, Action<AsyncCopy> complete)
    {
        SplitUnless(mask);
        int kept = 0;
        for (int i = 0; i < _pending.Count; i++)
        {
            AsyncCopy copy = _pending[i];
            int lane = copy.Target.Lane;
            if ((mask >> lane & 1) != 0 && copy.Group < _committed[lane] - remaining)
            {
                complete(copy);
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
        IsUniform = true;
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

    // Lanes that part company need copies of their own.
    private void SplitUnless(uint mask)
    {
        if (mask == uint.MaxValue || _pending.TrueForAll(copy => copy.Target.Lanes == 1))
        {
            return;
        }

        foreach (AsyncCopy whole in _pending.ToArray())
        {
            Segment target = whole.Target;
            int bytes = target.LaneBytes;
            for (int i = 1; i < target.Lanes; i++)
            {
                AsyncCopy part = _free.Count > 0 ? _free.Pop() : new AsyncCopy();
                part.Instruction = whole.Instruction;
                part.Target = target with { Offset = target.Offset + (nuint)(i * bytes), Lane = target.Lane + i, Lanes = 1 };
                part.Source = whole.Source + (i * bytes);
                part.BytesRead = bytes;
                part.Group = whole.Group;
                Unsafe.CopyBlockUnaligned(part.Data, whole.Data + (i * bytes), (uint)bytes);
                _pending.Add(part);
            }

            if (target.Lanes > 1)
            {
                whole.Target = target with { Lanes = 1 };
                whole.BytesRead = bytes;
            }
        }
    }
}
