using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Backends.Cpu.Gemm;

/// <summary>
/// Panels that are three quarters of a register wide: four terms of them fill three registers. Stored one by one, most terms would straddle
/// two cache lines, behind a mask, which takes several times as long.
/// </summary>
internal static unsafe class NarrowPanel
{
    /// <summary>Terms that are stored at once.</summary>
    public const int Terms = 4;

    /// <summary>Whether this machine can, for a panel of some lines.</summary>
    public static bool CanStore<T>(int width)
        where T : unmanaged, ILanes<T> =>
        4 * width == 3 * T.Count && ((T.Count == 16 && Avx512F.IsSupported) || (T.Count == 8 && Avx2.IsSupported));

    /// <summary>Stores the lower three quarters of four registers one behind the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(float* target, T a, T b, T c, T d)
        where T : unmanaged, ILanes<T>
    {
        if (Avx512F.IsSupported && T.Count == 16)
        {
            StoreTwelves(target, Wide(a), Wide(b), Wide(c), Wide(d));
        }
        else if (Avx2.IsSupported)
        {
            StoreSixes(target, Half(a), Half(b), Half(c), Half(d));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTwelves(float* target, Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d)
    {
        // Below 16 an index means the first register, from there on the second.
        Avx512F.PermuteVar16x32x2(a, Vector512.Create(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19), b).Store(target);
        Avx512F.PermuteVar16x32x2(b, Vector512.Create(4, 5, 6, 7, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23), c).Store(target + 16);
        Avx512F.PermuteVar16x32x2(c, Vector512.Create(8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27), d).Store(target + 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreSixes(float* target, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Vector256<float> startOfB = Avx2.PermuteVar8x32(b, Vector256.Create(0, 1, 2, 3, 4, 5, 0, 1));
        Vector256<float> restOfB = Avx2.PermuteVar8x32(b, Vector256.Create(2, 3, 4, 5, 2, 3, 4, 5));
        Vector256<float> endOfC = Avx2.PermuteVar8x32(c, Vector256.Create(4, 5, 4, 5, 4, 5, 4, 5));
        Vector256<float> shiftedD = Avx2.PermuteVar8x32(d, Vector256.Create(0, 1, 0, 1, 2, 3, 4, 5));
        Avx.Blend(a, startOfB, 0b1100_0000).Store(target);
        Avx2.Permute2x128(restOfB, c, 0x20).Store(target + 8);
        Avx.Blend(shiftedD, endOfC, 0b0000_0011).Store(target + 16);
    }

    private static Vector512<float> Wide<T>(T lanes)
        where T : unmanaged => Unsafe.BitCast<T, Vector512<float>>(lanes);

    private static Vector256<float> Half<T>(T lanes)
        where T : unmanaged => Unsafe.BitCast<T, Vector256<float>>(lanes);
}
