using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary><c>selp</c>, and the merging of results under a mask of lanes: bit l of the mask at c says a, otherwise b.</summary>
internal static unsafe class Selection
{
    private static readonly Vector512<uint> LaneBits = Vector512.Create(
        1u, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000);

    private static readonly Vector512<ulong> WideLaneBits = Vector512.Create(1ul, 2, 4, 8, 0x10, 0x20, 0x40, 0x80);

    /// <summary>d = mask ? a : b in slots of 32 bits.</summary>
    public static void Select32(void* d, void* a, void* b, void* c, void* e, int control) => Merge32((uint*)d, (uint*)a, (uint*)b, *(uint*)c);

    /// <summary>d = mask ? a : b in slots of 64 bits.</summary>
    public static void Select64(void* d, void* a, void* b, void* c, void* e, int control) => Merge64((ulong*)d, (ulong*)a, (ulong*)b, *(uint*)c);

    /// <summary>d = mask ? a : b, to be inlined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Merge32(uint* d, uint* a, uint* b, uint mask)
    {
        Vector512<uint> bits = LaneBits;
        Vector512<uint> low = Vector512.Equals(Vector512.Create(mask) & bits, bits);
        Vector512<uint> high = Vector512.Equals(Vector512.Create(mask >> 16) & bits, bits);
        Vector512.ConditionalSelect(low, Vector512.Load(a), Vector512.Load(b)).Store(d);
        Vector512.ConditionalSelect(high, Vector512.Load(a + 16), Vector512.Load(b + 16)).Store(d + 16);
    }

    /// <summary>d = mask ? a : b, to be inlined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Merge64(ulong* d, ulong* a, ulong* b, uint mask)
    {
        Vector512<ulong> bits = WideLaneBits;
        for (int lane = 0; lane < Lanes.Count; lane += 8)
        {
            Vector512<ulong> chosen = Vector512.Equals(Vector512.Create((ulong)(mask >> lane)) & bits, bits);
            Vector512.ConditionalSelect(chosen, Vector512.Load(a + lane), Vector512.Load(b + lane)).Store(d + lane);
        }
    }
}
