namespace GptSharp.Tensors;

/// <summary>The scalars of one update of stochastic gradient descent.</summary>
/// <param name="LearningRate">Step size of this update.</param>
/// <param name="Momentum">How much of the velocity is kept from update to update; 0 for plain descent.</param>
/// <param name="Nesterov">Whether the values move by what the velocity will be after one more update with this gradient.</param>
/// <param name="WeightDecay">Coupled decay: what times the values is added to the gradient.</param>
/// <param name="Clip">Largest gradient norm; infinity for none.</param>
public readonly record struct SgdScalars(double LearningRate, double Momentum, bool Nesterov, double WeightDecay, double Clip)
{
    /// <summary>What every gradient is multiplied by, given the norm of all of them: min(1, Clip / (norm + 1e-6)).</summary>
    public double GradientScale(double norm) => double.IsPositiveInfinity(Clip) ? 1 : Math.Min(1, Clip / (norm + 1e-6));
}

public partial interface IBackend
{
    /// <summary>
    /// Updates elements first ... first + count - 1 of the flat values, master weights and velocity in place. norm may be absent (no
    /// clipping). Where master weights are present they are moved and the values are their rounding; BF16 values without master weights
    /// are rounded stochastically, element i with the random word of (key, element i).
    /// </summary>
    void Sgd(
        Tensor values, Tensor masterWeights, Tensor velocity, Tensor gradients, Tensor norm,
        long first, long count, SgdScalars scalars, RandomKey key);
}

/// <summary>
/// With g = gradient x min(1, clip / (norm + 1e-6)) + wd w: u = mu u + g; w = w - lr u, or with Nesterov's look ahead w = w - lr (g + mu u).
/// A velocity u of zeros makes the first update the gradient's. BF16 values are the rounding of a master w in binary32, or, without one,
/// each new w is rounded to one of its two neighbours at random with the right expectation.
/// FLOPs: about 6 per element; bytes: three arrays read and two written, once.
/// Sutskever et al. 2013 in the form of PyTorch, whose learning rate multiplies the whole velocity.
/// </summary>
public readonly record struct SgdOp(
    Tensor Values, Tensor MasterWeights, Tensor Velocity, Tensor Gradients, Tensor Norm,
    long First, long Count, SgdScalars Scalars, RandomKey Key = default) : IOp
{
    /// <inheritdoc/>
    public static OpInfo Info { get; } = OpInfo.Of("sgd", "values masterWeights velocity <- gradients norm", "A S S <- G S");

    /// <inheritdoc/>
    public TensorList Operands => new(Values, MasterWeights, Velocity, Gradients, Norm);

    /// <inheritdoc/>
    public OpCost Cost => new(
        6.0 * Count,
        (double)Count * (Gradients.DType.Size() + (2 * Velocity.DType.Size())
            + (MasterWeights.IsNone ? 2 * Values.DType.Size() : Values.DType.Size() + (2 * MasterWeights.DType.Size()))));

    /// <inheritdoc/>
    public void Execute(IBackend backend)
    {
        long elements = Values.Count;
        if (Velocity.Count != elements || Gradients.Count != elements
            || (!MasterWeights.IsNone && MasterWeights.Count != elements) || First < 0 || Count < 0 || First > elements - Count)
        {
            throw new TensorException(
                $"sgd: elements {First} ... {First + Count - 1} must lie in values {Values.Shape}, and velocity "
                + $"{Velocity.Shape} and gradients {Gradients.Shape} have as many elements as the values.");
        }

        backend.Sgd(Values, MasterWeights, Velocity, Gradients, Norm, First, Count, Scalars, Key);
    }
}
