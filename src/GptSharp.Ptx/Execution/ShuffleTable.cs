using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Ptx.Execution;

/// <summary>A shuffle of a whole warp whose lanes are known when it is decoded.</summary>
internal sealed unsafe class ShuffleTable
{
    private readonly uint[] _sources = GC.AllocateArray<uint>(WarpSize.Lanes, pinned: true);
    private readonly uint* _pointer;

    /// <summary>Finds the sources of all lanes.</summary>
    /// <param name="mode">From where lanes read.</param>
    /// <param name="b">The distance or lane.</param>
    /// <param name="c">Segments and clamp.</param>
    public ShuffleTable(ShuffleMode mode, uint b, uint c)
    {
        for (int lane = 0; lane < WarpSize.Lanes; lane++)
        {
            _sources[lane] = (uint)Source(mode, lane, b, c, out bool inRange);
            Valid |= (inRange ? 1u : 0u) << lane;
        }

        fixed (uint* pointer = _sources)
        {
            _pointer = pointer;
        }
    }

    /// <summary>Lanes whose source is in range.</summary>
    public uint Valid { get; }

    /// <summary>The lane that a lane reads: the table in the manual's section on shfl.sync.</summary>
    public static int Source(ShuffleMode mode, int lane, uint b, uint c, out bool inRange)
    {
        int distance = (int)(b & 31);
        int clamp = (int)(c & 31);
        int segment = (int)(c >> 8 & 31);
        int maximum = (lane & segment) | (clamp & ~segment);
        int minimum = lane & segment;
        int source = mode switch
        {
            ShuffleMode.Up => lane - distance,
            ShuffleMode.Down => lane + distance,
            ShuffleMode.Butterfly => lane ^ distance,
            _ => minimum | (distance & ~segment),
        };
        inRange = mode == ShuffleMode.Up ? source >= maximum : source <= maximum;
        return inRange ? source : lane;
    }

    /// <summary>d = a, shuffled.</summary>
    public void Apply(byte* d, byte* a)
    {
        Vector512<uint> low = Vector512.Load((uint*)a);
        Vector512<uint> high = Vector512.Load((uint*)(a + 64));
        if (Avx512F.IsSupported)
        {
            Avx512F.PermuteVar16x32x2(low, Vector512.Load(_pointer), high).Store((uint*)d);
            Avx512F.PermuteVar16x32x2(low, Vector512.Load(_pointer + 16), high).Store((uint*)(d + 64));
            return;
        }

        uint* lanes = stackalloc uint[WarpSize.Lanes];
        low.Store(lanes);
        high.Store(lanes + 16);
        for (int lane = 0; lane < WarpSize.Lanes; lane++)
        {
            ((uint*)d)[lane] = lanes[_pointer[lane]];
        }
    }
}
