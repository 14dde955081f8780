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

        BF16* whole = stackalloc BF16[4];
        Vector64<ushort>.Zero.Store((ushort*)whole);
        CopyFirst(whole, (BF16*)source, count);
        return Widen(whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StorePartial<TStorage>(TStorage* target, Lanes128 value, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            StorePartial((float*)target, value, count);
            return;
        }

        BF16* whole = stackalloc BF16[4];
        Narrow(value).Store((ushort*)whole);
        CopyFirst((BF16*)target, whole, count);
    }

    // No masked move of sixteen bits exists below AVX-512; edges are rare enough for a loop.
    private static unsafe void CopyFirst(BF16* target, BF16* source, int count)
    {
        for (int i = 0; i < count; i++)
        {
            target[i] = source[i];
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
