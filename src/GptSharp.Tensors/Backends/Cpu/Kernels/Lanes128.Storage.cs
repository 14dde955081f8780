using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <content>Loading and storing either storage type.</content>
internal readonly partial struct Lanes128
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes128 Load<TStorage>(TStorage* source)
        where TStorage : unmanaged =>
        typeof(TStorage) == typeof(float) ? Load((float*)source) : Widen((BF16*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store<TStorage>(TStorage* target, Lanes128 value)
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
    public static unsafe Lanes128 LoadPartial<TStorage>(TStorage* source, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            return LoadPartial((float*)source, count);
        }

        return count >= Count ? Widen((BF16*)source) : LoadFirst((BF16*)source, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StorePartial<TStorage>(TStorage* target, Lanes128 value, int count)
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
    public static Lanes128 RoundStochastically(Lanes128 value, Lanes128 words)
    {
        Vector128<uint> sum = value._v.AsUInt32() + (words._v.AsUInt32() & Vector128.Create(0xFFFFu));
        Vector128<float> rounded = (sum & Vector128.Create(0xFFFF0000u)).AsSingle();
        Vector128<float> isFinite = Vector128.LessThan(Vector128.Abs(value._v), Vector128.Create(float.PositiveInfinity));
        return new(Vector128.ConditionalSelect(isFinite, rounded, value._v));
    }

    // No masked move of sixteen bits exists below AVX-512; edges are rare enough for a loop.
    private static unsafe Lanes128 LoadFirst(BF16* source, int count)
    {
        BF16* whole = stackalloc BF16[4];
        Vector64<ushort>.Zero.Store((ushort*)whole);
        for (int i = 0; i < count; i++)
        {
            whole[i] = source[i];
        }

        return Widen(whole);
    }

    private static unsafe void StoreFirst(BF16* target, Lanes128 value, int count)
    {
        BF16* whole = stackalloc BF16[4];
        Narrow(value).Store((ushort*)whole);
        for (int i = 0; i < count; i++)
        {
            target[i] = whole[i];
        }
    }

    // Sixteen bits become the upper half of thirty-two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Lanes128 Widen(BF16* source)
    {
        Vector128<ushort> halves = Vector128.CreateScalarUnsafe(*(ulong*)source).AsUInt16();
        return new((Vector128.WidenLower(halves) << 16).AsSingle());
    }

    // Half of the last place kept is added, less one unless the kept part is odd; what overflows carries into the exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector64<ushort> Narrow(Lanes128 value)
    {
        Vector128<uint> bits = value._v.AsUInt32(), upper = bits >> 16;
        Vector128<uint> rounded = (bits + Vector128.Create(0x7FFFu) + (upper & Vector128<uint>.One)) >> 16;
        Vector128<uint> isNumber = Vector128.Equals(value._v, value._v).AsUInt32();
        Vector128<uint> halves = Vector128.ConditionalSelect(isNumber, rounded, upper | Vector128.Create(0x40u));
        return Vector128.Narrow(halves, halves).GetLower();
    }
}
