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
        typeof(TStorage) == typeof(float) ? Load((float*)source) : Widen(Vector256.Load((ushort*)source));

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
        where TStorage : unmanaged =>
        typeof(TStorage) == typeof(float)
            ? LoadPartial((float*)source, count)
            : Widen(Avx512BW.VL.MaskLoad((ushort*)source, FirstHalves(count), Vector256<ushort>.Zero));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StorePartial<TStorage>(TStorage* target, Lanes512 value, int count)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            StorePartial((float*)target, value, count);
        }
        else
        {
            Avx512BW.VL.MaskStore((ushort*)target, FirstHalves(count), Narrow(value));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 RoundStochastically(Lanes512 value, Lanes512 words)
    {
        Vector512<uint> sum = value._v.AsUInt32() + (words._v.AsUInt32() & Vector512.Create(0xFFFFu));
        Vector512<float> rounded = (sum & Vector512.Create(0xFFFF0000u)).AsSingle();
        Vector512<float> isFinite = Vector512.LessThan(Vector512.Abs(value._v), Vector512.Create(float.PositiveInfinity));
        return new(Vector512.ConditionalSelect(isFinite, rounded, value._v));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> FirstHalves(int count) =>
        Vector256.LessThan(Vector256<ushort>.Indices, Vector256.Create((ushort)count));

    // Sixteen bits become the upper half of thirty-two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes512 Widen(Vector256<ushort> halves) =>
        new((Avx512F.ConvertToVector512UInt32(halves) << 16).AsSingle());

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
