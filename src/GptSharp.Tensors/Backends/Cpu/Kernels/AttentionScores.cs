using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>
/// What <see cref="AttentionRules"/> do to a tile of scores between the products and the softmax. Only tiles that they concern pass
/// here, so attention without them costs what it did.
/// </summary>
/// <remarks>The registers of a tile hold one key's scores against several queries; its rows are <c>stride</c> floats apart.</remarks>
internal static unsafe class AttentionScores
{
    /// <summary>cap tanh(score / cap).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Capped<T>(T score, T cap, T inverseCap)
        where T : unmanaged, ILanes<T> => VectorMath.Tanh(score * inverseCap) * cap;

    /// <summary>score - slope (position - key).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Leaning<T>(T score, T slope, T position, T key)
        where T : unmanaged, ILanes<T> => T.NegateMultiplyAdd(slope, position - key, score);

    /// <summary>Caps scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap<T>(float* scores, int stride, int keys, in AttentionRules rules)
        where T : unmanaged, ILanes<T>
    {
        T cap = T.Broadcast(rules.Cap), inverse = T.Broadcast(rules.InverseCap);
        for (int j = 0; j < keys; j++, scores += stride)
        {
            T.Store(scores, Capped(T.Load(scores), cap, inverse));
        }
    }

    /// <summary>Caps scores and keeps the derivative of the cap, for the way back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Cap<T>(float* scores, float* derivatives, int stride, int keys, in AttentionRules rules)
        where T : unmanaged, ILanes<T>
    {
        T cap = T.Broadcast(rules.Cap), inverse = T.Broadcast(rules.InverseCap);
        for (int j = 0; j < keys; j++, scores += stride, derivatives += stride)
        {
            T capped = VectorMath.Tanh(T.Load(scores) * inverse, out T derivative) * cap;
            T.Store(scores, capped);
            T.Store(derivatives, derivative);
        }
    }

    /// <summary>Takes slope times distance from scores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lean<T>(float* scores, int stride, int keys, int firstKey, T slope, T position)
        where T : unmanaged, ILanes<T>
    {
        for (int j = 0; j < keys; j++, scores += stride)
        {
            T.Store(scores, Leaning(T.Load(scores), slope, position, T.Broadcast(firstKey + j)));
        }
    }

    /// <summary>Makes scores of keys before the first that a query sees minus infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hide<T>(float* scores, int stride, int keys, int firstKey, T firstSeen)
        where T : unmanaged, ILanes<T>
    {
        T hidden = T.Broadcast(float.NegativeInfinity);
        for (int j = 0; j < keys; j++, scores += stride)
        {
            T.Store(scores, T.SelectLess(T.Broadcast(firstKey + j), firstSeen, hidden, T.Load(scores)));
        }
    }

    /// <summary>values *= factors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<T>(float* values, float* factors, int stride, int keys)
        where T : unmanaged, ILanes<T>
    {
        for (int j = 0; j < keys; j++, values += stride, factors += stride)
        {
            T.Store(values, T.Load(values) * T.Load(factors));
        }
    }
}
