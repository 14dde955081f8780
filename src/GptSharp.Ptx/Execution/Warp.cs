using GptSharp.Ptx.Execution.Decoding;

namespace GptSharp.Ptx.Execution;

/// <summary>A warp of the block that a worker runs: its threads, divided into splits. It is used again for block after block.</summary>
internal sealed class Warp : IDisposable
{
    private readonly KernelProgram _program;
    private readonly Dictionary<int, Stack<Frame>> _freeFrames = [];
    private readonly List<Frame> _frames = [];

    /// <summary>Creates it.</summary>
    /// <param name="program">What it runs.</param>
    /// <param name="launch">The launch.</param>
    /// <param name="number">Its number in the block.</param>
    public Warp(KernelProgram program, Launch launch, int number)
    {
        _program = program;
        Launch = launch;
        Number = number;
        long threads = Math.Min(WarpSize.Lanes, launch.Block.Count - ((long)number * WarpSize.Lanes));
        Existing = threads == WarpSize.Lanes ? WarpSize.Full : (1u << (int)threads) - 1;
    }

    /// <summary>The launch.</summary>
    public Launch Launch { get; }

    /// <summary>Its number in the block.</summary>
    public int Number { get; }

    /// <summary>The lanes that are threads.</summary>
    public uint Existing { get; }

    /// <summary>The lanes that have not ended.</summary>
    public uint Live { get; set; }

    /// <summary>The block's coordinates.</summary>
    public Dimensions BlockIndex { get; private set; }

    /// <summary>The splits.</summary>
    public Split[] Splits { get; private set; } = new Split[8];

    /// <summary>Number of entries of <see cref="Splits"/> that may be in use.</summary>
    public int SplitCount { get; private set; }

    /// <summary>The split that runs.</summary>
    public int Current { get; set; }

    /// <summary>The step that runs, for messages.</summary>
    public int Step { get; set; }

    /// <summary>Steps executed in this block.</summary>
    public long Steps { get; set; }

    /// <summary>Begins a block: all threads are at the kernel's first step.</summary>
    public void Begin(Dimensions block)
    {
        BlockIndex = block;
        foreach (Split split in Splits.AsSpan(0, SplitCount))
        {
            if (split.State != SplitState.Free && split.IsCall)
            {
                Return(split.Frame);
            }
        }

        Array.Clear(Splits);
        SplitCount = 0;
        Live = Existing;
        Steps = 0;
        int root = Add(new Split
        {
            State = SplitState.Ready,
            Step = _program.Functions[0].Entry,
            Mask = Existing,
            Meeting = Instruction.None,
            Parent = -1,
            Frame = Rent(0, 0),
            IsCall = true,
        });
        Current = root;
    }

    /// <summary>Adds a split.</summary>
    public int Add(Split split)
    {
        for (int i = 0; i < SplitCount; i++)
        {
            if (Splits[i].State == SplitState.Free)
            {
                Splits[i] = split;
                return i;
            }
        }

        if (SplitCount == Splits.Length)
        {
            Split[] more = Splits;
            Array.Resize(ref more, SplitCount * 2);
            Splits = more;
        }

        Splits[SplitCount] = split;
        return SplitCount++;
    }

    /// <summary>
    /// Ends a split: its lanes are where they meet, or have ended. Its parent goes on when it was the last part; a parent without
    /// lanes ends too.
    /// </summary>
    public void End(int index)
    {
        while (index >= 0)
        {
            if (Splits[index].IsCall)
            {
                Return(Splits[index].Frame);
            }

            int parent = Splits[index].Parent;
            Splits[index] = default;
            if (parent < 0 || --Splits[parent].Parts > 0)
            {
                return;
            }

            Splits[parent].Mask &= Live;
            if (Splits[parent].Mask != 0)
            {
                Splits[parent].State = SplitState.Ready;
                Current = parent;
                return;
            }

            index = parent;
        }
    }

    /// <summary>A frame for a call.</summary>
    public Frame Rent(int function, int localBase)
    {
        if (!_freeFrames.TryGetValue(function, out Stack<Frame>? free))
        {
            free = new Stack<Frame>();
            _freeFrames.Add(function, free);
        }

        if (!free.TryPop(out Frame? frame))
        {
            frame = new Frame(_program, function, this);
            _frames.Add(frame);
        }

        frame.Begin(this, localBase);
        return frame;
    }

    /// <summary>The value of a special register in a lane.</summary>
    public ulong Special(SpecialRegister register, int lane)
    {
        Dimensions thread = Launch.Block.At(((long)Number * WarpSize.Lanes) + lane);
        long value = register switch
        {
            SpecialRegister.ThreadX => thread.X,
            SpecialRegister.ThreadY => thread.Y,
            SpecialRegister.ThreadZ => thread.Z,
            SpecialRegister.BlockSizeX => Launch.Block.X,
            SpecialRegister.BlockSizeY => Launch.Block.Y,
            SpecialRegister.BlockSizeZ => Launch.Block.Z,
            SpecialRegister.BlockX => BlockIndex.X,
            SpecialRegister.BlockY => BlockIndex.Y,
            SpecialRegister.BlockZ => BlockIndex.Z,
            SpecialRegister.GridSizeX => Launch.Grid.X,
            SpecialRegister.GridSizeY => Launch.Grid.Y,
            SpecialRegister.GridSizeZ => Launch.Grid.Z,
            SpecialRegister.Lane => lane,
            SpecialRegister.Warp => Number,
            SpecialRegister.WarpCount => Launch.Warps,
            SpecialRegister.One => 1,
            SpecialRegister.LaneMaskEqual => 1u << lane,
            SpecialRegister.LaneMaskLess => (1u << lane) - 1,
            SpecialRegister.LaneMaskLessEqual => (2u << lane) - 1,
            SpecialRegister.LaneMaskGreater => ~((2u << lane) - 1),
            SpecialRegister.LaneMaskGreaterEqual => ~((1u << lane) - 1),
            SpecialRegister.DynamicSharedBytes => Launch.DynamicSharedBytes,
            SpecialRegister.TotalSharedBytes => Launch.SharedBytes,
            _ => 0,
        };
        return (ulong)value;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Frame frame in _frames)
        {
            frame.Dispose();
        }
    }

    private void Return(Frame frame) => _freeFrames[frame.Number].Push(frame);
}
