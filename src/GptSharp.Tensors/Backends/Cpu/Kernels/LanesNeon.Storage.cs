using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <content>Loading and storing either storage type. NEON's own conversion to BF16 is no part of .NET.</content>
internal readonly partial struct LanesNeon
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe LanesNeon Load<TStorage>(TStorage* source)
        where TStorage : unmanaged =>
        typeof(TStorage) == typeof(float) ? Load((float*)source) : Widen(Vector64.Load((ushort*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store<TStorage>(TStorage* target, LanesNeon value)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            Store((float*)target, value);
        }
        else
        {
            Narrow(value).Store((ushort*)target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe LanesNeon LoadPartial<TStorage>(TStorage* source, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            return LoadPartial((float*)source, count);
        }

        return count >= Count ? Load(source) : Widen(LoadFirst((ushort*)source, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StorePartial<TStorage>(TStorage* target, LanesNeon value, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            StorePartial((float*)target, value, count);
        }
        else if (count >= Count)
        {
            Store(target, value);
        }
        else
        {
            StoreFirst((ushort*)target, Narrow(value), count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesNeon RoundStochastically(LanesNeon value, LanesNeon words)
    {
        Vector128<uint> sum = value._v.AsUInt32() + (words._v.AsUInt32() & Vector128.Create(0xFFFFu));
        Vector128<float> rounded = (sum & Vector128.Create(0xFFFF0000u)).AsSingle();
        Vector128<float> isFinite = AdvSimd.AbsoluteCompareLessThan(value._v, Vector128.Create(float.PositiveInfinity));
        return new(AdvSimd.BitwiseSelect(isFinite, rounded, value._v));
    }

    private static unsafe Vector64<ushort> LoadFirst(ushort* source, int count)
    {
        Vector64<ushort> first = Vector64<ushort>.Zero;
        first = count > 0 ? AdvSimd.LoadAndInsertScalar(first, 0, source) : first;
        first = count > 1 ? AdvSimd.LoadAndInsertScalar(first, 1, source + 1) : first;
        return count > 2 ? AdvSimd.LoadAndInsertScalar(first, 2, source + 2) : first;
    }

    private static unsafe void StoreFirst(ushort* target, Vector64<ushort> halves, int count)
    {
        if (count > 0)
        {
            AdvSimd.StoreSelectedScalar(target, halves, 0);
        }

        if (count > 1)
        {
            AdvSimd.StoreSelectedScalar(target + 1, halves, 1);
        }

        if (count > 2)
        {
            AdvSimd.StoreSelectedScalar(target + 2, halves, 2);
        }
    }

    // Sixteen bits become the upper half of thirty-two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static LanesNeon Widen(Vector64<ushort> halves) =>
        new(AdvSimd.Arm64.ZipLow(Vector128<ushort>.Zero, halves.ToVector128Unsafe()).AsSingle());

    // The addition rounds: it adds half of the last place kept. One less than that is wanted, unless the kept part is odd.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector64<ushort> Narrow(LanesNeon value)
    {
        Vector128<uint> bits = value._v.AsUInt32();
        Vector128<uint> lessOneIfEven = ~AdvSimd.CompareTest(bits, Vector128.Create(0x10000u));
        Vector64<ushort> rounded = AdvSimd.AddRoundedHighNarrowingLower(bits, lessOneIfEven);
        Vector64<ushort> quiet = AdvSimd.ShiftRightLogicalNarrowingLower(bits, 16) | Vector64.Create((ushort)0x40);
        Vector64<ushort> isNumber = AdvSimd.ExtractNarrowingLower(AdvSimd.CompareEqual(value._v, value._v).AsUInt32());
        return AdvSimd.BitwiseSelect(isNumber, rounded, quiet);
    }
}
