using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>AdamW's move of a vector of elements.</summary>
internal readonly unsafe struct AdamWRule<TValues, TGradient> : IUpdateRule
    where TValues : struct, IMovedValues
    where TGradient : unmanaged
{
    private readonly TValues _values;
    private readonly float* _m;
    private readonly float* _v;
    private readonly TGradient* _gradient;
    private readonly float _gradientScale;
    private readonly float _beta1;
    private readonly float _oneMinusBeta1;
    private readonly float _beta2;
    private readonly float _oneMinusBeta2;
    private readonly float _decay;
    private readonly float _rate;
    private readonly float _epsilon;

    /// <param name="values">Values, and how they are stored.</param>
    /// <param name="m">First moment.</param>
    /// <param name="v">Second moment.</param>
    /// <param name="gradient">Gradient, before clipping.</param>
    /// <param name="scalars">The update's scalars.</param>
    /// <param name="gradientScale">What clipping multiplies the gradient by.</param>
    public AdamWRule(TValues values, float* m, float* v, TGradient* gradient, in AdamWScalars scalars, double gradientScale)
    {
        // m / c1 / (sqrt(v / c2) + eps) = (sqrt(c2) / c1) m / (sqrt(v) + eps sqrt(c2)): one root, one division.
        double rootCorrection2 = Math.Sqrt(scalars.Correction2);
        _values = values;
        _m = m;
        _v = v;
        _gradient = gradient;
        _gradientScale = (float)gradientScale;
        (_beta1, _oneMinusBeta1) = ((float)scalars.Beta1, (float)(1 - scalars.Beta1));
        (_beta2, _oneMinusBeta2) = ((float)scalars.Beta2, (float)(1 - scalars.Beta2));
        _decay = (float)(1 - (scalars.LearningRate * scalars.WeightDecay));
        _rate = (float)(scalars.LearningRate * rootCorrection2 / scalars.Correction1);
        _epsilon = (float)(scalars.Epsilon * rootCorrection2);
    }

    public static bool IsRandom => TValues.AreRandom;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Move<T>(long index, uint* words, int lanes)
        where T : unmanaged, ILanes<T>
    {
        T value = _values.Load<T>(index, lanes), g = Stored.LoadLanes<T, TGradient>(_gradient + index, lanes);
        T mean = Stored.LoadLanes<T, float>(_m + index, lanes), square = Stored.LoadLanes<T, float>(_v + index, lanes);
        g *= T.Broadcast(_gradientScale);
        mean = T.MultiplyAdd(T.Broadcast(_beta1), mean, T.Broadcast(_oneMinusBeta1) * g);
        square = T.MultiplyAdd(T.Broadcast(_beta2), square, T.Broadcast(_oneMinusBeta2) * g * g);
        T direction = T.Broadcast(_rate) * mean / (T.Sqrt(square) + T.Broadcast(_epsilon));
        value = T.MultiplyAdd(value, T.Broadcast(_decay), T.Zero - direction);
        _values.Store(index, value, TValues.AreRandom ? T.Load((float*)words) : T.Zero, lanes);
        Stored.StoreLanes(_m + index, mean, lanes);
        Stored.StoreLanes(_v + index, square, lanes);
    }
}
