namespace GptSharp.Ptx.Execution;

/// <summary>One of the 16 barriers of a block.</summary>
internal sealed class NamedBarrier
{
    /// <summary>How many barriers a block has.</summary>
    public const int Count = 16;

    /// <summary>Threads that complete it, or 0 for all threads of the block that live; -1 while nobody has come.</summary>
    public int Expected { get; set; } = -1;

    /// <summary>Threads that have come; a whole warp counts as 32.</summary>
    public int Arrived { get; set; }

    /// <summary>The lanes of each warp that have come.</summary>
    public uint[] Lanes { get; } = new uint[32];

    /// <summary>Splits that wait here.</summary>
    public List<(Warp Warp, int Split, int Step)> Waiting { get; } = [];

    /// <summary>Threads in which the predicate of a <c>bar.red</c> holds.</summary>
    public int Yes { get; set; }

    /// <summary>Threads that gave a predicate.</summary>
    public int Votes { get; set; }

    /// <summary>Makes it ready for the next use.</summary>
    public void Reset()
    {
        Expected = -1;
        Arrived = 0;
        Array.Clear(Lanes);
        Waiting.Clear();
        Yes = 0;
        Votes = 0;
    }
}
