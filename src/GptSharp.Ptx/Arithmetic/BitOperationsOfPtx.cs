using System.Numerics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>The bits in reverse order.</summary>
internal readonly struct ReverseBits32 : IUnary<uint, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a)
    {
        a = ((a >> 1) & 0x5555_5555) | ((a & 0x5555_5555) << 1);
        a = ((a >> 2) & 0x3333_3333) | ((a & 0x3333_3333) << 2);
        a = ((a >> 4) & 0x0f0f_0f0f) | ((a & 0x0f0f_0f0f) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(a);
    }
}

/// <summary>The bits in reverse order.</summary>
internal readonly struct ReverseBits64 : IUnary<ulong, ulong>
{
    /// <inheritdoc/>
    public static ulong Invoke(ulong a) => ((ulong)ReverseBits32.Invoke((uint)a) << 32) | ReverseBits32.Invoke((uint)(a >> 32));
}

/// <summary><c>bfe</c>: the field of c bits that begins at bit b of a; a signed field repeats its topmost bit that lies within a.</summary>
internal readonly struct ExtractField<T> : ITernary<T, uint, uint, T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static unsafe T Invoke(T a, uint b, uint c)
    {
        int width = sizeof(T) * 8;
        int position = (int)(b & 0xff);
        int length = (int)(c & 0xff);
        if (length == 0)
        {
            return T.Zero;
        }

        // A signed a brings its own sign down from above, which is the fill for fields that reach beyond the top.
        T field = position >= width ? (T.IsNegative(a) ? ~T.Zero : T.Zero) : a >> position;
        if (length >= width)
        {
            return field;
        }

        int unused = width - length;
        return (field << unused) >> unused;
    }
}

/// <summary><c>bfi</c>: b with d bits from bit c on replaced by the low bits of a. The form has four sources.</summary>
internal static unsafe class InsertField
{
    /// <summary>d = bfi(a, b, c, e).</summary>
    public static void Invoke<T>(void* d, void* a, void* b, void* c, void* e, int control)
        where T : unmanaged, IBinaryInteger<T>
    {
        int width = sizeof(T) * 8;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            int position = (int)(((uint*)c)[lane] & 0xff);
            int length = (int)(((uint*)e)[lane] & 0xff);
            T ones = length >= width ? ~T.Zero : (T.One << length) - T.One;
            T mask = position >= width ? T.Zero : ones << position;
            T field = position >= width ? T.Zero : Lanes.Load<T>(a, lane) << position;
            Lanes.Store(d, lane, (field & mask) | (Lanes.Load<T>(b, lane) & ~mask));
        }
    }
}

/// <summary><c>bfind</c>: the position of the highest bit that differs from the sign, or 0xffffffff when there is none.</summary>
internal readonly struct FindBit<T> : IUnary<T, uint>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static unsafe uint Invoke(T a)
    {
        T magnitude = T.IsNegative(a) ? ~a : a;
        return (uint)((sizeof(T) * 8) - 1) - uint.CreateTruncating(T.LeadingZeroCount(magnitude));
    }
}

/// <summary><c>bfind.shiftamt</c>: how far the bit that <c>bfind</c> finds is from the top.</summary>
internal readonly struct FindBitShift<T> : IUnary<T, uint>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static unsafe uint Invoke(T a)
    {
        uint position = FindBit<T>.Invoke(a);
        return position == uint.MaxValue ? position : (uint)((sizeof(T) * 8) - 1) - position;
    }
}

/// <summary><c>fns</c>: the position of the c-th set bit of a, counted from bit b upwards, or downwards for negative c.</summary>
internal readonly struct FindNthSet : ITernary<uint, uint, int, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a, uint b, int c)
    {
        if (b > 31)
        {
            return uint.MaxValue;
        }

        if (c == 0)
        {
            return (a >> (int)b & 1) != 0 ? b : uint.MaxValue;
        }

        // The bit at the base counts as the first in either direction.
        int step = Math.Sign(c);
        long remaining = Math.Abs((long)c);
        for (int position = (int)b; position is >= 0 and < 32; position += step)
        {
            if ((a >> position & 1) != 0 && --remaining == 0)
            {
                return (uint)position;
            }
        }

        return uint.MaxValue;
    }
}

/// <summary><c>bmsk.clamp</c>: b ones from bit a on; both operands stop at 32.</summary>
internal readonly struct BitMaskClamped : IBinary<uint, uint, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a, uint b) => a >= 32 ? 0 : (b >= 32 ? uint.MaxValue : (1u << (int)b) - 1) << (int)a;
}

/// <summary><c>bmsk.wrap</c>: b ones from bit a on; both operands modulo 32.</summary>
internal readonly struct BitMaskWrapped : IBinary<uint, uint, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a, uint b) => ((1u << (int)(b & 31)) - 1) << (int)(a & 31);
}

/// <summary><c>szext.clamp</c>: the low b bits of a, extended by zero or by their sign; 32 and more keep a.</summary>
internal readonly struct ExtendClamped<T> : IBinary<T, uint, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, uint b) => b == 0 ? T.Zero : b >= 32 ? a : (a << (int)(32 - b)) >> (int)(32 - b);
}

/// <summary><c>szext.wrap</c>: the low b modulo 32 bits of a, extended by zero or by their sign; no bits give 0.</summary>
internal readonly struct ExtendWrapped<T> : IBinary<T, uint, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, uint b) => ExtendClamped<T>.Invoke(a, b & 31);
}

/// <summary><c>shf.l.wrap</c>: the upper word of b:a shifted left by c modulo 32.</summary>
internal readonly struct FunnelLeftWrapped : ITernary<uint, uint, uint, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a, uint b, uint c) => (uint)(((((ulong)b << 32) | a) << (int)(c & 31)) >> 32);
}

/// <summary><c>shf.l.clamp</c>: the upper word of b:a shifted left by c, at most 32.</summary>
internal readonly struct FunnelLeftClamped : ITernary<uint, uint, uint, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a, uint b, uint c) => c >= 32 ? a : FunnelLeftWrapped.Invoke(a, b, c);
}

/// <summary><c>shf.r.wrap</c>: the lower word of b:a shifted right by c modulo 32.</summary>
internal readonly struct FunnelRightWrapped : ITernary<uint, uint, uint, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a, uint b, uint c) => (uint)((((ulong)b << 32) | a) >> (int)(c & 31));
}

/// <summary><c>shf.r.clamp</c>: the lower word of b:a shifted right by c, at most 32.</summary>
internal readonly struct FunnelRightClamped : ITernary<uint, uint, uint, uint>
{
    /// <inheritdoc/>
    public static uint Invoke(uint a, uint b, uint c) => c >= 32 ? b : FunnelRightWrapped.Invoke(a, b, c);
}
