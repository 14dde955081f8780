using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Four floats: NEON of 64-bit Arm.</summary>
internal readonly partial struct LanesNeon : ILanes<LanesNeon>
{
    private readonly Vector128<float> _v;

    /// <summary>Wraps a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LanesNeon(Vector128<float> v) => _v = v;

    public static int Count => 4;

    public static int Registers => 32;

    public static bool IsFused => true;

    public static LanesNeon Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    public static LanesNeon Indices
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128.Create(0f, 1f, 2f, 3f));
    }

    public static LanesNeon CounterSteps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe LanesNeon Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(float* target, LanesNeon value) => value._v.Store(target);

    public static unsafe LanesNeon LoadPartial(float* source, int count) => count switch
    {
        <= 0 => Zero,
        1 => new(Vector128.CreateScalar(*source)),
        2 => new(Vector64.Load(source).ToVector128()),
        3 => new(AdvSimd.LoadAndInsertScalar(Vector64.Load(source).ToVector128(), 2, source + 2)),
        _ => Load(source),
    };

    public static unsafe void StorePartial(float* target, LanesNeon value, int count)
    {
        if (count >= Count)
        {
            Store(target, value);
            return;
        }

        if (count >= 2)
        {
            value._v.GetLower().Store(target);
        }

        if (count == 3)
        {
            AdvSimd.StoreSelectedScalar(target + 2, value._v, 2);
        }
        else if (count == 1)
        {
            *target = value._v.ToScalar();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon operator +(LanesNeon left, LanesNeon right) => new(left._v + right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon operator -(LanesNeon left, LanesNeon right) => new(left._v - right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon operator *(LanesNeon left, LanesNeon right) => new(left._v * right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon operator /(LanesNeon left, LanesNeon right) => new(left._v / right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon MultiplyAdd(LanesNeon a, LanesNeon b, LanesNeon c) => new(AdvSimd.FusedMultiplyAdd(c._v, a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon Scalar(float value) => new(Vector128.CreateScalarUnsafe(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon MultiplyAddScalar(LanesNeon scalar, LanesNeon b, LanesNeon c) =>
        new(AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(c._v, b._v, scalar._v, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon NegateMultiplyAdd(LanesNeon a, LanesNeon b, LanesNeon c) =>
        new(AdvSimd.FusedMultiplySubtract(c._v, a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon Max(LanesNeon left, LanesNeon right) => new(AdvSimd.Max(left._v, right._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon Min(LanesNeon left, LanesNeon right) => new(AdvSimd.Min(left._v, right._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon Abs(LanesNeon value) => new(AdvSimd.Abs(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon Sqrt(LanesNeon value) => new(AdvSimd.Arm64.Sqrt(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon CopySign(LanesNeon magnitude, LanesNeon sign) =>
        new(AdvSimd.BitwiseSelect(Vector128.Create(-0f), sign._v, magnitude._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon Round(LanesNeon value) => new(AdvSimd.RoundToNearest(value._v));

    // Two factors, because 2^-149 and 2^128 are no normal floats; only the second product can round.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon ScaleByPowerOfTwo(LanesNeon value, LanesNeon exponent)
    {
        Vector128<int> e = AdvSimd.ConvertToInt32RoundToZero(exponent._v);
        Vector128<int> half = e >> 1;
        Vector128<int> bias = Vector128.Create(LaneConstants.ExponentBias);
        Vector128<float> first = ((half + bias) << 23).AsSingle(), second = ((e - half + bias) << 23).AsSingle();
        return new(value._v * first * second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon ScaleNormalByPowerOfTwo(LanesNeon value, LanesNeon exponent) =>
        new((value._v.AsInt32() + (AdvSimd.ConvertToInt32RoundToZero(exponent._v) << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon SplitPowerOfTwo(LanesNeon value, out LanesNeon exponent)
    {
        Vector128<int> bits = value._v.AsInt32();
        Vector128<int> e = (bits - Vector128.Create(LaneConstants.SquareRootOfHalfBits)) >> 23;
        exponent = new(AdvSimd.ConvertToSingle(e));
        return new((bits - (e << 23)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon SelectLess(LanesNeon left, LanesNeon right, LanesNeon then, LanesNeon otherwise) =>
        new(AdvSimd.BitwiseSelect(AdvSimd.CompareLessThan(left._v, right._v), then._v, otherwise._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon SelectEqual(LanesNeon left, LanesNeon right, LanesNeon then, LanesNeon otherwise) =>
        new(AdvSimd.BitwiseSelect(AdvSimd.CompareEqual(left._v, right._v), then._v, otherwise._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon SwapPairs(LanesNeon value) => new(AdvSimd.ReverseElement32(value._v.AsInt64()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon DuplicateLower(LanesNeon value) => new(AdvSimd.Arm64.ZipLow(value._v, value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(LanesNeon value) => value._v.ToScalar();

    // Not the sum of neighbours that the instruction for whole registers makes: halves are added, as everywhere.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(LanesNeon value) =>
        AdvSimd.Arm64.AddPairwiseScalar(AdvSimd.Add(value._v.GetLower(), value._v.GetUpper())).ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(LanesNeon value) => AdvSimd.Arm64.MaxAcross(value._v).ToScalar();
}
