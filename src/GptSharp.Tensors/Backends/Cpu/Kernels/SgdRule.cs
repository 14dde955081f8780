using System.Runtime.CompilerServices;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>The move of a vector of elements by stochastic gradient descent with momentum.</summary>
/// <param name="values">Values, and how they are stored.</param>
/// <param name="velocity">Running sum of gradients.</param>
/// <param name="gradient">Gradient, before clipping.</param>
/// <param name="scalars">The update's scalars.</param>
/// <param name="gradientScale">What clipping multiplies the gradient by.</param>
internal readonly unsafe struct SgdRule<TValues, TGradient>(
    TValues values, float* velocity, TGradient* gradient, SgdScalars scalars, double gradientScale) : IUpdateRule
    where TValues : struct, IMovedValues
    where TGradient : unmanaged
{
    // With Nesterov's look ahead the values move by g + mu u, else by 0 g + 1 u.
    private readonly float _gradientShare = scalars.Nesterov ? 1 : 0;
    private readonly float _velocityShare = scalars.Nesterov ? (float)scalars.Momentum : 1;
    private readonly float _gradientScale = (float)gradientScale;
    private readonly float _decay = (float)scalars.WeightDecay;
    private readonly float _momentum = (float)scalars.Momentum;
    private readonly float _rate = (float)scalars.LearningRate;

    public static bool IsRandom => TValues.AreRandom;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Move<T>(long index, uint* words, int lanes)
        where T : unmanaged, ILanes<T>
    {
        T value = values.Load<T>(index, lanes), g = Stored.LoadLanes<T, TGradient>(gradient + index, lanes);
        T speed = Stored.LoadLanes<T, float>(velocity + index, lanes);
        g = T.MultiplyAdd(T.Broadcast(_decay), value, T.Broadcast(_gradientScale) * g);
        speed = T.MultiplyAdd(T.Broadcast(_momentum), speed, g);
        T direction = T.MultiplyAdd(T.Broadcast(_gradientShare), g, T.Broadcast(_velocityShare) * speed);
        value = T.MultiplyAdd(T.Zero - T.Broadcast(_rate), direction, value);
        values.Store(index, value, TValues.AreRandom ? T.Load((float*)words) : T.Zero, lanes);
        Stored.StoreLanes(velocity + index, speed, lanes);
    }
}
