using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Numbers that are stored as float or BF16, loaded and stored one at a time, or as many as a register holds or fewer.</summary>
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

    /// <summary>The first <paramref name="count"/> lanes; the rest are 0. Where the JIT knows that all are asked for, no mask is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LoadLanes<T, TStorage>(TStorage* source, int count)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged => count == T.Count ? T.Load(source) : T.LoadPartial(source, count);

    /// <summary>Stores the first <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreLanes<T, TStorage>(TStorage* target, T value, int count)
        where T : unmanaged, ILanes<T>
        where TStorage : unmanaged
    {
        if (count == T.Count)
        {
            T.Store(target, value);
        }
        else
        {
            T.StorePartial(target, value, count);
        }
    }
}
