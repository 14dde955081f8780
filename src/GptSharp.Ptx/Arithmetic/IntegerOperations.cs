using System.Numerics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>The smaller one.</summary>
internal readonly struct Minimum<T> : IBinary<T, T, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b) => a < b ? a : b;
}

/// <summary>The larger one.</summary>
internal readonly struct Maximum<T> : IBinary<T, T, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b) => a > b ? a : b;
}

/// <summary><c>.relu</c> after the operation: a negative result becomes 0.</summary>
internal readonly struct Rectified<TOp> : IBinary<int, int, int>
    where TOp : struct, IBinary<int, int, int>
{
    /// <inheritdoc/>
    public static int Invoke(int a, int b) => Math.Max(0, TOp.Invoke(a, b));
}

/// <summary>a + b, clamped to the range of 32 signed bits.</summary>
internal readonly struct AddSaturated : IBinary<int, int, int>
{
    /// <inheritdoc/>
    public static int Invoke(int a, int b) => (int)Math.Clamp((long)a + b, int.MinValue, int.MaxValue);
}

/// <summary>a − b, clamped to the range of 32 signed bits.</summary>
internal readonly struct SubtractSaturated : IBinary<int, int, int>
{
    /// <inheritdoc/>
    public static int Invoke(int a, int b) => (int)Math.Clamp((long)a - b, int.MinValue, int.MaxValue);
}

/// <summary>a / b toward zero. Division by zero, which the executor reports, gives all ones; the one quotient too large wraps.</summary>
internal readonly struct Quotient<T> : IBinary<T, T, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b) => T.IsZero(b) ? ~T.Zero : b == ~T.Zero && T.IsNegative(b) ? T.Zero - a : a / b;
}

/// <summary>The remainder of a / b, with the sign of a; a itself when b is zero.</summary>
internal readonly struct Remainder<T> : IBinary<T, T, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b) => T.IsZero(b) ? a : b == ~T.Zero && T.IsNegative(b) ? T.Zero : a % b;
}

/// <summary>The upper half of the product of two integers of up to 32 bits.</summary>
internal readonly struct MultiplyHigh<T> : IBinary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static unsafe T Invoke(T a, T b) => T.CreateTruncating((long.CreateTruncating(a) * long.CreateTruncating(b)) >> (sizeof(T) * 8));
}

/// <summary>The upper half of the product of two unsigned 64-bit integers.</summary>
internal readonly struct MultiplyHighUnsigned64 : IBinary<ulong, ulong, ulong>
{
    /// <inheritdoc/>
    public static ulong Invoke(ulong a, ulong b) => Math.BigMul(a, b, out _);
}

/// <summary>The upper half of the product of two signed 64-bit integers.</summary>
internal readonly struct MultiplyHighSigned64 : IBinary<long, long, long>
{
    /// <inheritdoc/>
    public static long Invoke(long a, long b) => Math.BigMul(a, b, out _);
}

/// <summary>The whole product, of twice the width.</summary>
internal readonly struct MultiplyWide<T, TWide> : IBinary<T, T, TWide>
    where T : IBinaryInteger<T>
    where TWide : IBinaryInteger<TWide>
{
    /// <inheritdoc/>
    public static TWide Invoke(T a, T b) => TWide.CreateTruncating(a) * TWide.CreateTruncating(b);
}

/// <summary>The low 32 bits of the product of the low 24 bits.</summary>
internal readonly struct Multiply24Low<T> : IBinary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b) => ((a << 8) >> 8) * ((b << 8) >> 8);
}

/// <summary>Bits 47 to 16 of the product of the low 24 bits.</summary>
internal readonly struct Multiply24High<T> : IBinary<T, T, T>
    where T : unmanaged, IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b) => T.CreateTruncating((long.CreateTruncating((a << 8) >> 8) * long.CreateTruncating((b << 8) >> 8)) >> 16);
}

/// <summary>A product of any kind, plus a third operand of the product's width.</summary>
internal readonly struct PlusThird<T, TResult, TProduct> : ITernary<T, T, TResult, TResult>
    where TResult : IBinaryInteger<TResult>
    where TProduct : struct, IBinary<T, T, TResult>
{
    /// <inheritdoc/>
    public static TResult Invoke(T a, T b, TResult c) => TProduct.Invoke(a, b) + c;
}

/// <summary><c>mad.hi.sat.s32</c>: the upper half of the product plus c, clamped.</summary>
internal readonly struct PlusThirdSaturated<TProduct> : ITernary<int, int, int, int>
    where TProduct : struct, IBinary<int, int, int>
{
    /// <inheritdoc/>
    public static int Invoke(int a, int b, int c) => AddSaturated.Invoke(TProduct.Invoke(a, b), c);
}

/// <summary>c + |a − b|.</summary>
internal readonly struct SumAbsoluteDifference<T> : ITernary<T, T, T, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b, T c) => c + (a < b ? b - a : a - b);
}

/// <summary>|a|, wrapping for the smallest.</summary>
internal readonly struct Absolute<T> : IUnary<T, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a) => T.IsNegative(a) ? T.Zero - a : a;
}

/// <summary>1 if a is zero, 0 otherwise.</summary>
internal readonly struct LogicalNot<T> : IUnary<T, T>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static T Invoke(T a) => T.IsZero(a) ? T.One : T.Zero;
}

/// <summary>How many bits are set.</summary>
internal readonly struct PopulationCount<T> : IUnary<T, uint>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static uint Invoke(T a) => uint.CreateTruncating(T.PopCount(a));
}

/// <summary>How many zeros lead.</summary>
internal readonly struct LeadingZeros<T> : IUnary<T, uint>
    where T : IBinaryInteger<T>
{
    /// <inheritdoc/>
    public static uint Invoke(T a) => uint.CreateTruncating(T.LeadingZeroCount(a));
}

/// <summary>a if c is at least zero, b otherwise; NaN counts as less.</summary>
internal readonly struct SelectBySign<T, TC> : ITernary<T, T, TC, T>
    where TC : INumber<TC>
{
    /// <inheritdoc/>
    public static T Invoke(T a, T b, TC c) => c >= TC.Zero ? a : b;
}
