using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>How the values that an optimizer moves are stored: what is read before the move and what is written after it.</summary>
internal unsafe interface IMovedValues
{
    /// <summary>Whether <see cref="Store"/> needs random words.</summary>
    public static abstract bool AreRandom { get; }

    /// <summary>The value before the move, elements index ... index + count - 1; the other lanes are 0.</summary>
    public T Load<T>(long index, int count)
        where T : unmanaged, ILanes<T>;

    /// <summary>Stores moved values, elements index ... index + count - 1.</summary>
    /// <param name="index">The first of them.</param>
    /// <param name="value">The values.</param>
    /// <param name="words">One random word for each.</param>
    /// <param name="count">How many lanes.</param>
    public void Store<T>(long index, T value, T words, int count)
        where T : unmanaged, ILanes<T>;
}

/// <summary>Values in binary32, moved where they are.</summary>
internal readonly unsafe struct SingleValues(float* values) : IMovedValues
{
    public static bool AreRandom => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Load<T>(long index, int count)
        where T : unmanaged, ILanes<T> => Stored.LoadLanes<T, float>(values + index, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<T>(long index, T value, T words, int count)
        where T : unmanaged, ILanes<T> => Stored.StoreLanes(values + index, value, count);
}

/// <summary>Master weights in binary32 are moved; the values are their rounding.</summary>
internal readonly unsafe struct MasteredValues<TStorage>(TStorage* values, float* master) : IMovedValues
    where TStorage : unmanaged
{
    public static bool AreRandom => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Load<T>(long index, int count)
        where T : unmanaged, ILanes<T> => Stored.LoadLanes<T, float>(master + index, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<T>(long index, T value, T words, int count)
        where T : unmanaged, ILanes<T>
    {
        Stored.StoreLanes(master + index, value, count);
        Stored.StoreLanes(values + index, value, count);
    }
}

/// <summary>BF16 values without master weights: each move ends at one of the two neighbours, at random.</summary>
internal readonly unsafe struct RandomlyRoundedValues(BF16* values) : IMovedValues
{
    public static bool AreRandom => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Load<T>(long index, int count)
        where T : unmanaged, ILanes<T> => Stored.LoadLanes<T, BF16>(values + index, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store<T>(long index, T value, T words, int count)
        where T : unmanaged, ILanes<T> => Stored.StoreLanes(values + index, T.RoundStochastically(value, words), count);
}
