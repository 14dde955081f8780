namespace GptSharp.Ptx.Memory;

/// <summary>
/// Who has waited for whom in one block: a vector clock per warp. A warp's own clock moves on at each barrier that it reaches;
/// what it knows of the others' clocks grows at each barrier that releases it. An access is ordered before now when the warp
/// knows its clock. Inside a warp, <c>bar.warp.sync</c> moves the lanes' clock.
/// </summary>
internal sealed class WarpClocks
{
    /// <summary>Most warps of a block.</summary>
    public const int MaxWarps = 32;

    private const int BarrierCount = 16;

    private readonly int[] _own = new int[MaxWarps];
    private readonly int[] _lanes = new int[MaxWarps];
    private readonly int[] _safe = new int[MaxWarps];
    private readonly int[] _known = new int[MaxWarps * MaxWarps];
    private readonly int[] _atBarrier = new int[BarrierCount * MaxWarps];
    private int _warps;
    private uint _exited;

    /// <summary>Starts a block: every clock is 1, and nobody knows anything of anybody.</summary>
    /// <param name="warps">Number of warps.</param>
    public void Begin(int warps)
    {
        _warps = warps;
        _exited = 0;
        Array.Fill(_own, 1);
        Array.Fill(_lanes, 0);
        Array.Fill(_safe, 0);
        Array.Clear(_known);
        Array.Clear(_atBarrier);
    }

    /// <summary>The warp's own clock.</summary>
    public int Own(int warp) => _own[warp];

    /// <summary>The clock of the warp's lanes: 16 bits.</summary>
    public int Lanes(int warp) => _lanes[warp];

    /// <summary>The latest clock up to which everything in the block, the warp's own lanes included, happened before now.</summary>
    public int Safe(int warp) => _safe[warp];

    /// <summary>The latest clock of another warp up to which its accesses happened before now.</summary>
    public int Known(int warp, int other) => _known[(warp * MaxWarps) + other];

    /// <summary>All lanes of a warp waited for each other.</summary>
    public void SyncLanes(int warp) => _lanes[warp] = (_lanes[warp] + 1) & 0xffff;

    /// <summary>A warp came to a barrier, to wait or to go on.</summary>
    public void Arrive(int barrier, int warp)
    {
        Span<int> gathered = _atBarrier.AsSpan(barrier * MaxWarps, MaxWarps);
        Span<int> known = _known.AsSpan(warp * MaxWarps, MaxWarps);
        for (int other = 0; other < _warps; other++)
        {
            gathered[other] = Math.Max(gathered[other], known[other]);
        }

        gathered[warp] = _own[warp];
        MoveOn(warp, _own[warp] + 1);
    }

    /// <summary>A barrier is complete: those that wait learn what all that arrived knew.</summary>
    /// <param name="barrier">Its number.</param>
    /// <param name="waiting">A bit for each warp that is released.</param>
    public void Complete(int barrier, uint waiting)
    {
        uint all = _warps == MaxWarps ? uint.MaxValue : (1u << _warps) - 1;
        Span<int> gathered = _atBarrier.AsSpan(barrier * MaxWarps, MaxWarps);
        if ((waiting | _exited) == all)
        {
            // Warps that ended count as arrived, so the whole block is at one point in time.
            int now = _own.AsSpan(0, _warps).ToArray().Max();
            for (int warp = 0; warp < _warps; warp++)
            {
                _known.AsSpan(warp * MaxWarps, _warps).Fill(now);
                MoveOn(warp, now + 1);
            }
        }
        else
        {
            for (int warp = 0; warp < _warps; warp++)
            {
                if ((waiting >> warp & 1) != 0)
                {
                    Span<int> known = _known.AsSpan(warp * MaxWarps, MaxWarps);
                    for (int other = 0; other < _warps; other++)
                    {
                        known[other] = Math.Max(known[other], gathered[other]);
                    }

                    MoveOn(warp, _own[warp]);
                }
            }
        }

        gathered.Clear();
    }

    /// <summary>A warp ended.</summary>
    public void Exit(int warp) => _exited |= 1u << warp;

    private void MoveOn(int warp, int clock)
    {
        _own[warp] = clock;
        _lanes[warp] = 0;
        int safe = clock - 1;
        for (int other = 0; other < _warps; other++)
        {
            if (other != warp)
            {
                safe = Math.Min(safe, _known[(warp * MaxWarps) + other]);
            }
        }

        _safe[warp] = safe;
    }
}
