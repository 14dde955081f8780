using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>A 16-bit floating-point format, sixteen numbers at a time, each in the low half of its slot.</summary>
internal interface IHalfFormat
{
    /// <summary>The format's parameters.</summary>
    static abstract FloatFormat Format { get; }

    /// <summary>The exact singles.</summary>
    static abstract Vector512<float> Widen(Vector512<uint> bits);

    /// <summary>The numbers nearest to singles, ties to even; upper halves zero.</summary>
    static abstract Vector512<uint> Narrow(Vector512<float> values);

    /// <summary>a · b + c with an error so small that <see cref="Narrow"/> rounds as it would the exact value.</summary>
    static abstract Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c);
}

/// <summary>IEEE binary16.</summary>
internal readonly struct Binary16 : IHalfFormat
{
    /// <inheritdoc/>
    public static FloatFormat Format => FloatFormat.F16;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector512<uint> bits)
    {
        // The bits shifted to a single's places are the number times 2⁻¹¹², subnormal ones too; infinity and NaN get all exponent bits.
        Vector512<uint> magnitude = Vector512.ShiftLeft(bits & Vector512.Create(0x7fffu), 13);
        Vector512<uint> scaled = (magnitude.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        scaled |= Vector512.GreaterThanOrEqual(magnitude.AsInt32(), Vector512.Create(0x0f80_0000)).AsUInt32() & Vector512.Create(0x7f80_0000u);
        return (scaled | Vector512.ShiftLeft(bits & Vector512.Create(0x8000u), 16)).AsSingle();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Narrow(Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32();
        Vector512<uint> sign = Vector512.ShiftRightLogical(bits, 16) & Vector512.Create(0x8000u);
        Vector512<uint> magnitude = bits & Vector512.Create(0x7fff_ffffu);

        // Normal: round at bit 13 and re-bias. Subnormal: adding 0.5 leaves the multiple of 2⁻²⁴ in the low bits, rounded by the addition.
        Vector512<uint> odd = Vector512.ShiftRightLogical(magnitude, 13) & Vector512<uint>.One;
        Vector512<uint> normal = Vector512.ShiftRightLogical(magnitude + odd + Vector512.Create(0xc800_0fffu), 13);
        Vector512<uint> subnormal = (magnitude.AsSingle() + Vector512.Create(0.5f)).AsUInt32() - Vector512.Create(0x3f00_0000u);
        Vector512<uint> result = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(0x3880_0000u)), subnormal, normal);
        result = Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(0x4780_0000u)), Vector512.Create(0x7c00u), result) | sign;
        return Vector512.ConditionalSelect(Vector512.GreaterThan(magnitude, Vector512.Create(0x7f80_0000u)), Vector512.Create(0x7fffu), result);
    }

    /// <inheritdoc/>
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        // The product of two 11-bit significands is exact; the sum's error is found, and the sum made odd where it errs
        // (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
        Vector512<float> product = a * b;
        Vector512<float> sum = product + c;
        Vector512<float> part = sum - product;
        Vector512<float> error = (product - (sum - part)) + (c - part);
        return OddRounding.Adjust(sum, error);
    }
}

/// <summary>bfloat16.</summary>
internal readonly struct BFloat16 : IHalfFormat
{
    /// <inheritdoc/>
    public static FloatFormat Format => FloatFormat.BF16;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector512<uint> bits) => Vector512.ShiftLeft(bits, 16).AsSingle();

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Narrow(Vector512<float> values)
    {
        Vector512<uint> bits = values.AsUInt32();
        Vector512<uint> odd = Vector512.ShiftRightLogical(bits, 16) & Vector512<uint>.One;
        Vector512<uint> rounded = Vector512.ShiftRightLogical(bits + odd + Vector512.Create(0x7fffu), 16);
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(0x7fffu));
    }

    /// <inheritdoc/>
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        // As for binary16, but products of such exponents are exact only in double precision.
        (Vector512<double> aLow, Vector512<double> aHigh) = Vector512.Widen(a);
        (Vector512<double> bLow, Vector512<double> bHigh) = Vector512.Widen(b);
        (Vector512<double> cLow, Vector512<double> cHigh) = Vector512.Widen(c);
        Vector512<double> low = Fused(aLow, bLow, cLow);
        Vector512<double> high = Fused(aHigh, bHigh, cHigh);
        Vector512<float> nearest = Vector512.Narrow(low, high);
        (Vector512<double> nearestLow, Vector512<double> nearestHigh) = Vector512.Widen(nearest);
        return OddRounding.Adjust(nearest, Vector512.Narrow(OddRounding.Sign(low - nearestLow), OddRounding.Sign(high - nearestHigh)));
    }

    private static Vector512<double> Fused(Vector512<double> a, Vector512<double> b, Vector512<double> c)
    {
        Vector512<double> product = a * b;
        Vector512<double> sum = product + c;
        Vector512<double> part = sum - product;
        Vector512<double> error = (product - (sum - part)) + (c - part);
        return OddRounding.Adjust(sum, error);
    }
}

/// <summary>
/// Rounding to odd: an inexact number gets the neighbour whose last bit is one. Rounded again, to two bits less or fewer, it gives
/// what the exact number would have given.
/// </summary>
internal static class OddRounding
{
    /// <summary>A rounded sum and what it lacks; infinity and NaN stay, but for an infinity that a finite number was rounded to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Adjust(Vector512<float> sum, Vector512<float> error)
    {
        Vector512<int> bits = sum.AsInt32();
        Vector512<int> inexact = (Vector512.LessThan(error, Vector512<float>.Zero) | Vector512.GreaterThan(error, Vector512<float>.Zero)).AsInt32();
        Vector512<int> even = Vector512.Equals(bits & Vector512<int>.One, Vector512<int>.Zero);
        Vector512<int> step = Vector512.ShiftRightArithmetic(bits ^ error.AsInt32(), 31) | Vector512<int>.One;
        return (bits + (step & inexact & even)).AsSingle();
    }

    /// <inheritdoc cref="Adjust(Vector512{float}, Vector512{float})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Adjust(Vector512<double> sum, Vector512<double> error)
    {
        Vector512<long> bits = sum.AsInt64();
        Vector512<long> inexact = (Vector512.LessThan(error, Vector512<double>.Zero) | Vector512.GreaterThan(error, Vector512<double>.Zero)).AsInt64();
        Vector512<long> even = Vector512.Equals(bits & Vector512<long>.One, Vector512<long>.Zero);
        Vector512<long> step = Vector512.ShiftRightArithmetic(bits ^ error.AsInt64(), 63) | Vector512<long>.One;
        return (bits + (step & inexact & even)).AsDouble();
    }

    /// <summary>−1, 0 or 1; 0 for NaN: an error too small for single precision must not vanish.</summary>
    public static Vector512<double> Sign(Vector512<double> value) =>
        (Vector512.GreaterThan(value, Vector512<double>.Zero) & Vector512<double>.One)
        - (Vector512.LessThan(value, Vector512<double>.Zero) & Vector512<double>.One);
}
