using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <content>The register as words: random numbers and the decisions that they make.</content>
internal readonly partial struct LanesNeon
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon BroadcastWords(uint word0, uint word1, uint word2, uint word3) =>
        new(Vector128.Create(word0, word1, word2, word3).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon AddWords(LanesNeon left, LanesNeon right) =>
        new((left._v.AsUInt32() + right._v.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreWords(uint* target, LanesNeon value) => value._v.AsUInt32().Store(target);

    // The 64-bit products of words 0 and 2 change places, and the halves of each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon PhiloxRound(LanesNeon state, LanesNeon multipliers, LanesNeon key)
    {
        Vector128<ulong> s = state._v.AsUInt64();
        Vector64<uint> even = AdvSimd.ExtractNarrowingLower(s);
        Vector64<uint> factors = AdvSimd.ExtractNarrowingLower(multipliers._v.AsUInt64());
        Vector128<ulong> products = AdvSimd.MultiplyWideningLower(even, factors);
        Vector128<uint> swapped = AdvSimd.ReverseElement32(AdvSimd.ExtractVector128(products, products, 1)).AsUInt32();
        return new((swapped ^ (s >> 32).AsUInt32() ^ key._v.AsUInt32()).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon KeepWhereWordAtLeast(LanesNeon words, LanesNeon threshold, LanesNeon value) =>
        new(value._v & AdvSimd.CompareGreaterThanOrEqual(words._v.AsUInt32(), threshold._v.AsUInt32()).AsSingle());

    // NEON has no mask of signs: each lane that holds brings its power of two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint BitsWhereWordAtLeast(LanesNeon words, LanesNeon threshold)
    {
        Vector128<uint> holds = AdvSimd.CompareGreaterThanOrEqual(words._v.AsUInt32(), threshold._v.AsUInt32());
        return AdvSimd.Arm64.AddAcross(holds & Vector128.Create(1u, 2, 4, 8)).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon KeepWhereBit(LanesNeon words, LanesNeon bit, LanesNeon value) =>
        new(value._v & AdvSimd.CompareTest(words._v.AsUInt32(), bit._v.AsUInt32()).AsSingle());
}
