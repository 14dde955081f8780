using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <content>Loading and storing either storage type.</content>
internal readonly partial struct Lanes512
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Lanes512 Load<TStorage>(TStorage* source)
        where TStorage : unmanaged =>
        typeof(TStorage) == typeof(float) ? Load((float*)source) : Widen((BF16*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store<TStorage>(TStorage* target, Lanes512 value)
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
    public static unsafe Lanes512 LoadPartial<TStorage>(TStorage* source, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            return LoadPartial((float*)source, count);
        }

        BF16* whole = stackalloc BF16[16];
        Vector256<ushort>.Zero.Store((ushort*)whole);
        CopyFirst(whole, (BF16*)source, count);
        return Widen(whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StorePartial<TStorage>(TStorage* target, Lanes512 value, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            StorePartial((float*)target, value, count);
            return;
        }

        BF16* whole = stackalloc BF16[16];
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
    private static unsafe Lanes512 Widen(BF16* source) =>
        new((Avx512F.ConvertToVector512UInt32(Vector256.Load((ushort*)source)) << 16).AsSingle());

    // Half of the last place kept is added, less one unless the kept part is odd; what overflows carries into the exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Narrow(Lanes512 value)
    {
        Vector512<uint> bits = value._v.AsUInt32(), upper = bits >> 16;
        Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + (upper & Vector512<uint>.One)) >> 16;
        Vector512<uint> isNumber = Vector512.Equals(value._v, value._v).AsUInt32();
        return Avx512F.ConvertToVector256UInt16(Vector512.ConditionalSelect(isNumber, rounded, upper | Vector512.Create(0x40u)));
    }
}
