using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Execution;

/// <summary>Copies of lanes between registers of different widths.</summary>
internal static unsafe class LaneMoves
{
    /// <summary>d = a, 32 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy32(byte* d, byte* a)
    {
        Vector512<byte> low = Vector512.Load(a);
        Vector512<byte> high = Vector512.Load(a + 64);
        low.Store(d);
        high.Store(d + 64);
    }

    /// <summary>d = a, 64 bits.</summary>
    public static void Copy64(byte* d, byte* a)
    {
        Copy32(d, a);
        Copy32(d + 128, a + 128);
    }

    /// <summary>d = the low halves of a, shifted down first.</summary>
    public static void Narrow(byte* d, byte* a, int shift)
    {
        for (int half = 0; half < 2; half++)
        {
            Vector512<ulong> first = Vector512.Load((ulong*)(a + (128 * half))) >>> shift;
            Vector512<ulong> second = Vector512.Load((ulong*)(a + (128 * half) + 64)) >>> shift;
            Vector512.Narrow(first, second).Store((uint*)(d + (64 * half)));
        }
    }

    /// <summary>d = a, extended by zeros.</summary>
    public static void WidenUnsigned(byte* d, byte* a)
    {
        // The upper half first: d and a may be the same register.
        for (int half = 1; half >= 0; half--)
        {
            (Vector512<ulong> lower, Vector512<ulong> upper) = Vector512.Widen(Vector512.Load((uint*)(a + (64 * half))));
            lower.Store((ulong*)(d + (128 * half)));
            upper.Store((ulong*)(d + (128 * half) + 64));
        }
    }

    /// <summary>d = a, extended by the sign.</summary>
    public static void WidenSigned(byte* d, byte* a)
    {
        for (int half = 1; half >= 0; half--)
        {
            (Vector512<long> lower, Vector512<long> upper) = Vector512.Widen(Vector512.Load((int*)(a + (64 * half))));
            lower.Store((long*)(d + (128 * half)));
            upper.Store((long*)(d + (128 * half) + 64));
        }
    }

    /// <summary>d = bits of a: <paramref name="bits"/> of them, from <paramref name="shift"/> on.</summary>
    public static void Extract(byte* d, byte* a, int bits, int shift, int slotBytes)
    {
        if (bits == 64)
        {
            Copy64(d, a);
            return;
        }

        if (slotBytes == 8)
        {
            Narrow(d, a, shift);
            a = d;
            shift = 0;
        }

        Vector512<uint> mask = Vector512.Create(bits == 32 ? uint.MaxValue : (1u << bits) - 1);
        ((Vector512.Load((uint*)a) >>> shift) & mask).Store((uint*)d);
        ((Vector512.Load((uint*)(a + 64)) >>> shift) & mask).Store((uint*)(d + 64));
    }

    /// <summary>d = whole, with the low bits of a put in at <paramref name="shift"/>, where whole is zero.</summary>
    public static void Insert(byte* d, byte* a, byte* whole, int bits, int shift, int slotBytes)
    {
        if (bits == 64)
        {
            Copy64(d, a);
        }
        else if (slotBytes == 8)
        {
            var mask = Vector512.Create((1UL << bits) - 1);
            for (int half = 1; half >= 0; half--)
            {
                (Vector512<ulong> lower, Vector512<ulong> upper) = Vector512.Widen(Vector512.Load((uint*)(a + (64 * half))));
                ulong* from = (ulong*)(whole + (128 * half));
                ulong* to = (ulong*)(d + (128 * half));
                (((lower & mask) << shift) | Vector512.Load(from)).Store(to);
                (((upper & mask) << shift) | Vector512.Load(from + 8)).Store(to + 8);
            }
        }
        else
        {
            Vector512<uint> mask = Vector512.Create(bits == 32 ? uint.MaxValue : (1u << bits) - 1);
            for (int lane = 0; lane < WarpSize.Lanes; lane += 16)
            {
                (((Vector512.Load((uint*)a + lane) & mask) << shift) | Vector512.Load((uint*)whole + lane)).Store((uint*)d + lane);
            }
        }
    }

    /// <summary>The lanes whose 32 bits are zero.</summary>
    public static uint Zeros32(byte* a, uint bits)
    {
        Vector512<uint> mask = Vector512.Create(bits);
        uint low = (uint)Vector512.Equals(Vector512.Load((uint*)a) & mask, Vector512<uint>.Zero).ExtractMostSignificantBits();
        uint high = (uint)Vector512.Equals(Vector512.Load((uint*)(a + 64)) & mask, Vector512<uint>.Zero).ExtractMostSignificantBits();
        return low | (high << 16);
    }

    /// <summary>The lanes whose 64 bits are zero.</summary>
    public static uint Zeros64(byte* a)
    {
        uint zeros = 0;
        for (int lane = 0; lane < WarpSize.Lanes; lane += 8)
        {
            zeros |= (uint)Vector512.Equals(Vector512.Load((ulong*)a + lane), Vector512<ulong>.Zero).ExtractMostSignificantBits() << lane;
        }

        return zeros;
    }

    /// <summary>The lanes whose 32 bits have a value.</summary>
    public static uint Equal32(byte* a, uint value)
    {
        Vector512<uint> wanted = Vector512.Create(value);
        uint low = (uint)Vector512.Equals(Vector512.Load((uint*)a), wanted).ExtractMostSignificantBits();
        uint high = (uint)Vector512.Equals(Vector512.Load((uint*)(a + 64)), wanted).ExtractMostSignificantBits();
        return low | (high << 16);
    }
}
