namespace GptSharp.Tensors.Backends.Cuda.Launching;

/// <summary>What moves from step to step, and therefore is no parameter of a kernel: <c>StepState</c> of <c>kernels/prelude.cuh</c>.</summary>
/// <param name="Seed">Seed of the run.</param>
/// <param name="Step">Number of the optimizer step.</param>
/// <param name="FirstSample">Index in the global batch of the tensor's first sample.</param>
/// <param name="LearningRate">Step size of an optimizer's update.</param>
/// <param name="Correction1">1 - beta1^t of AdamW.</param>
/// <param name="Correction2">1 - beta2^t of AdamW.</param>
/// <param name="LossScale">What cross-entropy multiplies the sum of its rows' losses by.</param>
internal readonly record struct StepState(
    ulong Seed, uint Step, uint FirstSample, float LearningRate, float Correction1, float Correction2, float LossScale)
{
    /// <summary>Bytes of one state on the device.</summary>
    public const int Bytes = 64;

    /// <summary>The state of an operation that draws random numbers only, beside a loss's scale that stays as it is.</summary>
    public static StepState Of(RandomKey key, float lossScale) => new(key.Seed, key.Step, key.FirstSample, 0, 0, 0, lossScale);

    /// <summary>True if an operation that draws random numbers by the key finds them in this state.</summary>
    public bool Draws(RandomKey key) => Seed == key.Seed && Step == key.Step && FirstSample == key.FirstSample;
}
