using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Four floats, in portable code: SSE2, or whatever the machine has.</summary>
internal readonly partial struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<float> v) => _v = v;

    public static int Count => 4;

    public static int Registers => 16;

    public static bool IsFused => false;

    public static Lanes128 Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    public static Lanes128 Indices
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128.Create(0f, 1f, 2f, 3f));
    }

    public static Lanes128 CounterSteps
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(Vector128<float>.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(float* target, Lanes128 value) => value._v.Store(target);

    public static unsafe Lanes128 LoadPartial(float* source, int count) => count switch
    {
        <= 0 => Zero,
        1 => new(Vector128.Create(source[0], 0, 0, 0)),
        2 => new(Vector128.Create(source[0], source[1], 0, 0)),
        3 => new(Vector128.Create(source[0], source[1], source[2], 0)),
        _ => Load(source),
    };

    public static unsafe void StorePartial(float* target, Lanes128 value, int count)
    {
        for (int i = 0; i < count; i++)
        {
            target[i] = value._v[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 left, Lanes128 right) => new(left._v + right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 left, Lanes128 right) => new(left._v - right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 left, Lanes128 right) => new(left._v * right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 left, Lanes128 right) => new(left._v / right._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 a, Lanes128 b, Lanes128 c) =>
        new(Vector128.MultiplyAddEstimate(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Scalar(float value) => Broadcast(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAddScalar(Lanes128 scalar, Lanes128 b, Lanes128 c) => MultiplyAdd(scalar, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 NegateMultiplyAdd(Lanes128 a, Lanes128 b, Lanes128 c) =>
        new(Vector128.MultiplyAddEstimate(-a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 left, Lanes128 right) => new(Vector128.MaxNative(left._v, right._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Min(Lanes128 left, Lanes128 right) => new(Vector128.MinNative(left._v, right._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Abs(Lanes128 value) => new(Vector128.Abs(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Sqrt(Lanes128 value) => new(Vector128.Sqrt(value._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 CopySign(Lanes128 magnitude, Lanes128 sign) =>
        new(Vector128.ConditionalSelect(Vector128.Create(-0f), sign._v, magnitude._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Round(Lanes128 value) => new(Vector128.Round(value._v));

    // Two factors, because 2^-149 and 2^128 are no normal floats; only the second product can round.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ScaleByPowerOfTwo(Lanes128 value, Lanes128 exponent)
    {
        Vector128<int> e = Vector128.ConvertToInt32Native(exponent._v);
        Vector128<int> half = e >> 1;
        Vector128<int> bias = Vector128.Create(LaneConstants.ExponentBias);
        Vector128<float> first = ((half + bias) << 23).AsSingle(), second = ((e - half + bias) << 23).AsSingle();
        return new(value._v * first * second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ScaleNormalByPowerOfTwo(Lanes128 value, Lanes128 exponent) =>
        new((value._v.AsInt32() + (Vector128.ConvertToInt32Native(exponent._v) << 23)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SplitPowerOfTwo(Lanes128 value, out Lanes128 exponent)
    {
        Vector128<int> bits = value._v.AsInt32();
        Vector128<int> e = (bits - Vector128.Create(LaneConstants.SquareRootOfHalfBits)) >> 23;
        exponent = new(Vector128.ConvertToSingle(e));
        return new((bits - (e << 23)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SelectLess(Lanes128 left, Lanes128 right, Lanes128 then, Lanes128 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(left._v, right._v), then._v, otherwise._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SelectEqual(Lanes128 left, Lanes128 right, Lanes128 then, Lanes128 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(left._v, right._v), then._v, otherwise._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SwapPairs(Lanes128 value) => new(Vector128.Shuffle(value._v, Vector128.Create(1, 0, 3, 2)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 DuplicateLower(Lanes128 value) => new(Vector128.Shuffle(value._v, Vector128.Create(0, 0, 1, 1)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(Lanes128 value) => value._v.ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes128 value) => Sum(value._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MaxAcross(Lanes128 value) => MaxAcross(value._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Sum(Vector128<float> value)
    {
        Vector128<float> pairs = value + Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1));
        return pairs[0] + pairs[1];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float MaxAcross(Vector128<float> value)
    {
        Vector128<float> pairs = Vector128.MaxNative(value, Vector128.Shuffle(value, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(pairs[0], pairs[1]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 BroadcastWords(uint word0, uint word1, uint word2, uint word3) =>
        new(Vector128.Create(word0, word1, word2, word3).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AddWords(Lanes128 left, Lanes128 right) =>
        new((left._v.AsUInt32() + right._v.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreWords(uint* target, Lanes128 value) => value._v.AsUInt32().Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 PhiloxRound(Lanes128 state, Lanes128 multipliers, Lanes128 key)
    {
        Vector128<uint> s = state._v.AsUInt32();
        Vector128<uint> products = MultiplyEven(s, multipliers._v.AsUInt32());
        Vector128<uint> odd = (s.AsUInt64() >> 32).AsUInt32();
        return new((Vector128.Shuffle(products, Vector128.Create(3u, 2, 1, 0)) ^ odd ^ key._v.AsUInt32()).AsSingle());
    }

    // The 64-bit products of words 0 and 2.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> MultiplyEven(Vector128<uint> left, Vector128<uint> right)
    {
        if (Sse2.IsSupported)
        {
            return Sse2.Multiply(left, right).AsUInt32();
        }

        Vector128<ulong> low = Vector128.Create(0xFFFF_FFFFUL);
        return ((left.AsUInt64() & low) * (right.AsUInt64() & low)).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 KeepWhereWordAtLeast(Lanes128 words, Lanes128 threshold, Lanes128 value) =>
        new(value._v & Vector128.GreaterThanOrEqual(words._v.AsUInt32(), threshold._v.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint BitsWhereWordAtLeast(Lanes128 words, Lanes128 threshold) =>
        Vector128.GreaterThanOrEqual(words._v.AsUInt32(), threshold._v.AsUInt32()).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 KeepWhereBit(Lanes128 words, Lanes128 bit, Lanes128 value) =>
        new(value._v & Vector128.Equals(words._v.AsUInt32() & bit._v.AsUInt32(), bit._v.AsUInt32()).AsSingle());
}
