namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Sets each element to zero with probability <paramref name="rate"/> and scales the others by 1/(1 - rate), in a training
    /// step; returns <paramref name="x"/> itself in any other.
    /// </summary>
    /// <param name="x">(B, ...): the first axis counts samples.</param>
    /// <param name="rate">Probability of zero, 0 ≤ rate &lt; 1.</param>
    /// <param name="site">A number that no other random operation of the model uses.</param>
    public static Tensor Dropout(Tensor x, double rate, uint site)
    {
        Step step = StepOf(x);
        if (!step.Options.Training || rate == 0)
        {
            return x;
        }

        CheckRate("dropout", rate);
        return step.Record(new DropoutOp(step.New(x.Shape, x.DType), x, rate, RandomKey.Of(step, site), 0));
    }

    private static void CheckRate(string op, double rate)
    {
        if (!(rate >= 0 && rate < 1))
        {
            throw new TensorException($"{op}: the dropout rate is {rate}; it must be at least 0 and below 1.");
        }
    }
}

public partial interface IBackend
{
    /// <summary>y = mask x / (1 - rate) + beta y.</summary>
    void Dropout(Tensor y, Tensor x, double rate, RandomKey key, float beta);
}

/// <summary>
/// Forward: y = m x / (1 - p); m is 1 where Uniform(seed, step, sample, site, element in the sample) ≥ p, else 0.
/// Backward: dx += m dy / (1 - p), the mask made anew. Saves nothing: the mask is a function of its key.
/// FLOPs: one per element; bytes: x and y once. Srivastava et al. 2014, JMLR 15.
/// </summary>
internal readonly record struct DropoutOp(Tensor Y, Tensor X, double Rate, RandomKey Key, float Beta) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("dropout", "y <- x");

    public TensorList Operands => new(Y, X);

    public OpCost Cost => new(Y.Count, Operands.Bytes + OpCost.Reread(Y, Beta));

    public Tensor Output => Y;

    public TensorList Saved => default;

    public void Execute(IBackend backend) => backend.Dropout(Y, X, Rate, Key, Beta);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(X, out Tensor dx, out float beta))
        {
            step.Run(new DropoutOp(dx, Y.Gradient, Rate, Key, beta));
        }
    }
}
