using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <content>Loading and storing either storage type.</content>
internal readonly partial struct Lanes256
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes256 Load<TStorage>(TStorage* source)
        where TStorage : unmanaged =>
        typeof(TStorage) == typeof(float) ? Load((float*)source) : Widen((BF16*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store<TStorage>(TStorage* target, Lanes256 value)
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
    public static unsafe Lanes256 LoadPartial<TStorage>(TStorage* source, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            return LoadPartial((float*)source, count);
        }

        return count >= Count ? Widen((BF16*)source) : LoadFirst((BF16*)source, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StorePartial<TStorage>(TStorage* target, Lanes256 value, int count)
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
            StoreFirst((BF16*)target, value, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 RoundStochastically(Lanes256 value, Lanes256 words)
    {
        Vector256<uint> sum = value._v.AsUInt32() + (words._v.AsUInt32() & Vector256.Create(0xFFFFu));
        Vector256<float> rounded = (sum & Vector256.Create(0xFFFF0000u)).AsSingle();
        Vector256<float> isFinite = Vector256.LessThan(Vector256.Abs(value._v), Vector256.Create(float.PositiveInfinity));
        return new(Vector256.ConditionalSelect(isFinite, rounded, value._v));
    }

    // No masked move of sixteen bits exists below AVX-512; edges are rare enough for a loop.
    private static unsafe Lanes256 LoadFirst(BF16* source, int count)
    {
        BF16* whole = stackalloc BF16[8];
        Vector128<ushort>.Zero.Store((ushort*)whole);
        for (int i = 0; i < count; i++)
        {
            whole[i] = source[i];
        }

        return Widen(whole);
    }

    private static unsafe void StoreFirst(BF16* target, Lanes256 value, int count)
    {
        BF16* whole = stackalloc BF16[8];
        Narrow(value).Store((ushort*)whole);
        for (int i = 0; i < count; i++)
        {
            target[i] = whole[i];
        }
    }

    // Sixteen bits become the upper half of thirty-two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Lanes256 Widen(BF16* source) =>
        new((Avx2.ConvertToVector256Int32(Vector128.Load((ushort*)source)) << 16).AsSingle());

    // Half of the last place kept is added, less one unless the kept part is odd; what overflows carries into the exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Narrow(Lanes256 value)
    {
        Vector256<uint> bits = value._v.AsUInt32(), upper = bits >> 16;
        Vector256<uint> rounded = (bits + Vector256.Create(0x7FFFu) + (upper & Vector256<uint>.One)) >> 16;
        Vector256<uint> isNumber = Vector256.Equals(value._v, value._v).AsUInt32();
        Vector256<int> halves = Vector256.ConditionalSelect(isNumber, rounded, upper | Vector256.Create(0x40u)).AsInt32();
        return Sse41.PackUnsignedSaturate(halves.GetLower(), halves.GetUpper());
    }
}
