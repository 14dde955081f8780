namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>A target that is not scored.</summary>
    public const int IgnoredTarget = -1;

    /// <summary>The mean over valid targets of -ln softmax(logits)[target].</summary>
    /// <param name="logits">(..., Vp); columns from <paramref name="vocabularySize"/> on are padding and masked.</param>
    /// <param name="targets">I32, one per row; <see cref="IgnoredTarget"/> is not scored.</param>
    /// <param name="vocabularySize">V ≤ Vp.</param>
    /// <param name="validCount">
    /// What the sum is divided by: the valid targets of the whole global batch, so that micro-batches add up to one batch.
    /// </param>
    /// <param name="zLoss">
    /// Weight of (log sum exp logits)², added to each scored row's loss: it keeps the logits from drifting (Chowdhery et al. 2022,
    /// arXiv:2204.02311, section 5). 0 for none.
    /// </param>
    /// <returns>The loss in nats, one element.</returns>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor targets, int vocabularySize, long validCount, double zLoss = 0)
    {
        if (targets.Count != logits.Shape.Rows || vocabularySize < 1 || vocabularySize > logits.Shape.Last)
        {
            throw new TensorException(
                $"cross-entropy: logits {logits.Shape} need {logits.Shape.Rows} targets and a vocabulary of at most "
                + $"{logits.Shape.Last}, not {targets.Shape} and {vocabularySize}.");
        }

        Step step = StepOf(logits);
        Tensor loss = step.New(1, logits.DType.Statistics());                     // (1)
        Tensor rowLoss = step.New(targets.Shape, logits.DType.Statistics());      // (...)
        Tensor logSumExp = step.New(targets.Shape, logits.DType.Statistics());    // (...)
        double scale = 1.0 / Math.Max(1, validCount);
        return step.Record(new CrossEntropyOp(loss, rowLoss, logSumExp, logits, targets, vocabularySize, scale, zLoss));
    }
}

public partial interface IBackend
{
    /// <summary>
    /// loss = scale times the sum over valid rows of rowLoss + zLoss logSumExp²; rowLoss, without the second term, and logSumExp are
    /// outputs as well. The loss may be absent: then nothing is summed up.
    /// </summary>
    /// <exception cref="TensorException">A target outside the vocabulary.</exception>
    void CrossEntropy(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor logits, Tensor targets, int vocabularySize, double scale, double zLoss);

    /// <summary>The loss of rows of which <see cref="CrossEntropy"/> has written rowLoss and logSumExp, to the same bits.</summary>
    void CrossEntropySum(
        Tensor loss, Tensor rowLoss, Tensor logSumExp, Tensor targets, int vocabularySize, double scale, double zLoss);

    /// <summary>
    /// dLogits = dLoss scale ((1 + 2 zLoss logSumExp) softmax - onehot) + beta dLogits; zero in padding columns and ignored rows. With
    /// beta 0, dLogits may be logits.
    /// </summary>
    void CrossEntropyBackward(
        Tensor dLogits, Tensor dLoss, Tensor logits, Tensor targets, Tensor logSumExp,
        int vocabularySize, double scale, double zLoss, float beta);
}

/// <summary>
/// Forward, per row with target t: L = log sum_v exp z_v, row loss = L - z_t; the output is scale times the sum over valid rows of
/// row loss + z L². Backward: dz_v += dLoss scale ((1 + 2 z L) exp(z_v - L) - [v = t]).
/// Saves the logits and L: the softmax is made again, in place of the logits where nobody else needs them. FLOPs: about 5 per logit each way; bytes: the logits once.
/// </summary>
internal readonly record struct CrossEntropyOp(
    Tensor Loss, Tensor RowLoss, Tensor LogSumExp, Tensor Logits, Tensor Targets, int VocabularySize, double Scale,
    double ZLoss) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Of("cross-entropy", "loss rowLoss logSumExp <- logits targets", "S S S <- A I32");

    public TensorList Operands => new(Loss, RowLoss, LogSumExp, Logits, Targets);

    public OpCost Cost => new(5.0 * Logits.Count, Operands.Bytes);

    public Tensor Output => Loss;

    public TensorList Saved => new(Logits, Targets, LogSumExp);

    public void Execute(IBackend backend) =>
        backend.CrossEntropy(Loss, RowLoss, LogSumExp, Logits, Targets, VocabularySize, Scale, ZLoss);

    public void Backward(Step step)
    {
        if (step.TryAccumulateInPlace(Logits, out Tensor dLogits, out float beta))
        {
            step.Run(new CrossEntropyBackwardOp(
                dLogits, Loss.Gradient, Logits, Targets, LogSumExp, VocabularySize, Scale, ZLoss, beta));
        }
    }
}

/// <summary>The backward pass of <see cref="CrossEntropyOp"/>.</summary>
internal readonly record struct CrossEntropyBackwardOp(
    Tensor DLogits, Tensor DLoss, Tensor Logits, Tensor Targets, Tensor LogSumExp,
    int VocabularySize, double Scale, double ZLoss, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of(
        "cross-entropy backward", "dLogits <- dLoss logits targets logSumExp", "A <- S A I32 S");

    public TensorList Operands => new(DLogits, DLoss, Logits, Targets, LogSumExp);

    public OpCost Cost => new(5.0 * Logits.Count, Operands.Bytes + OpCost.Reread(DLogits, Beta));

    public void Execute(IBackend backend) => backend.CrossEntropyBackward(
        DLogits, DLoss, Logits, Targets, LogSumExp, VocabularySize, Scale, ZLoss, Beta);
}

/// <summary>
/// The loss of rows whose own losses were computed some at a time. FLOPs: about 4 per row; bytes: row losses, L and targets once.
/// </summary>
internal readonly record struct CrossEntropySumOp(
    Tensor Loss, Tensor RowLoss, Tensor LogSumExp, Tensor Targets, int VocabularySize, double Scale, double ZLoss) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of("cross-entropy sum", "loss <- rowLoss logSumExp targets", "S <- S S I32");

    public TensorList Operands => new(Loss, RowLoss, LogSumExp, Targets);

    public OpCost Cost => new(4.0 * RowLoss.Count, Operands.Bytes);

    public void Execute(IBackend backend) =>
        backend.CrossEntropySum(Loss, RowLoss, LogSumExp, Targets, VocabularySize, Scale, ZLoss);
}
