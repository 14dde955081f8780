namespace GptSharp.Tensors;

/// <summary>The scalars of one AdamW update.</summary>
/// <param name="LearningRate">Step size of this update.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the bias-corrected root of the second moment.</param>
/// <param name="WeightDecay">Decoupled decay: values shrink by the factor 1 - LearningRate x WeightDecay.</param>
/// <param name="Update">Number of this update, 1 for the first.</param>
/// <param name="Clip">Largest gradient norm; infinity for none.</param>
public readonly record struct AdamWScalars(
    double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, long Update, double Clip)
{
    /// <summary>1 - Beta1^Update.</summary>
    public double Correction1 => 1 - Math.Pow(Beta1, Update);

    /// <summary>1 - Beta2^Update.</summary>
    public double Correction2 => 1 - Math.Pow(Beta2, Update);

    /// <summary>What every gradient is multiplied by, given the norm of all of them: min(1, Clip / (norm + 1e-6)).</summary>
    public double GradientScale(double norm) => double.IsPositiveInfinity(Clip) ? 1 : Math.Min(1, Clip / (norm + 1e-6));
}

public partial interface IBackend
{
    /// <summary>
    /// Updates elements first ... first + count - 1 of the flat values, master weights and moments in place. norm may be absent (no
    /// clipping). Where master weights are present they are moved and the values are their rounding; BF16 values without master weights
    /// are rounded stochastically, element i with the random word of (key, element i).
    /// </summary>
    void AdamW(
        Tensor values, Tensor masterWeights, Tensor firstMoment, Tensor secondMoment, Tensor gradients, Tensor norm,
        long first, long count, AdamWScalars scalars, RandomKey key);
}

/// <summary>
/// With g = gradient x min(1, clip / (norm + 1e-6)): m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g²;
/// w = w (1 - lr wd) - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
/// BF16 values are the rounding of a master w in binary32, or, without one, each new w is rounded to one of its two neighbours at random
/// with the right expectation: an update far below a unit in the last place would otherwise never move anything.
/// FLOPs: about 14 per element; bytes: four arrays read and three written, once.
/// Loshchilov and Hutter 2019, arXiv:1711.05101.
/// </summary>
public readonly record struct AdamWOp(
    Tensor Values, Tensor MasterWeights, Tensor FirstMoment, Tensor SecondMoment, Tensor Gradients, Tensor Norm,
    long First, long Count, AdamWScalars Scalars, RandomKey Key = default) : IOp
{
    /// <inheritdoc/>
    public static OpInfo Info { get; } =
        OpInfo.Of("adamw", "values masterWeights firstMoment secondMoment <- gradients norm", "A S S S <- G S");

    /// <inheritdoc/>
    public TensorList Operands => new(Values, MasterWeights, FirstMoment, SecondMoment, Gradients, Norm);

    /// <inheritdoc/>
    public OpCost Cost => new(
        14.0 * Count,
        (double)Count * (Gradients.DType.Size() + (2 * FirstMoment.DType.Size()) + (2 * SecondMoment.DType.Size())
            + (MasterWeights.IsNone ? 2 * Values.DType.Size() : Values.DType.Size() + (2 * MasterWeights.DType.Size()))));

    /// <inheritdoc/>
    public void Execute(IBackend backend)
    {
        long elements = Values.Count;
        if (FirstMoment.Count != elements || SecondMoment.Count != elements || Gradients.Count != elements
            || (!MasterWeights.IsNone && MasterWeights.Count != elements) || First < 0 || Count < 0 || First > elements - Count)
        {
            throw new TensorException(
                $"adamw: elements {First} ... {First + Count - 1} must lie in values {Values.Shape}, and moments "
                + $"{FirstMoment.Shape}, {SecondMoment.Shape} and gradients {Gradients.Shape} have as many elements as the values.");
        }

        backend.AdamW(Values, MasterWeights, FirstMoment, SecondMoment, Gradients, Norm, First, Count, Scalars, Key);
    }
}
