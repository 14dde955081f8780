using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>One stored number at a time, float or BF16: what <see cref="ILanes{T}"/> does to a register of them.</summary>
internal static unsafe class Stored
{
    /// <summary>The number, widened exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load<TStorage>(TStorage* source)
        where TStorage : unmanaged => typeof(TStorage) == typeof(float) ? *(float*)source : *(BF16*)source;

    /// <summary>Stores a float, or its nearest BF16 number, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TStorage>(TStorage* target, float value)
        where TStorage : unmanaged
    {
        if (typeof(TStorage) == typeof(float))
        {
            *(float*)target = value;
        }
        else
        {
            *(BF16*)target = (BF16)value;
        }
    }
}
