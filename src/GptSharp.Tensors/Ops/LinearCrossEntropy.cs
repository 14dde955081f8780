namespace GptSharp.Tensors;

public static partial class Ops
{
    // Parts of so many rows begin on a cache line, as every tensor does.
    private const int RowStep = 32;

    /// <summary>
    /// The cross-entropy of logits x Wᵀ that never exist whole: "fused linear cross-entropy" (Hsu et al. 2024, arXiv:2410.10989, section 3).
    /// </summary>
    /// <remarks>
    /// Where the step promises that backward starts here (<see cref="StepOptions.StartsAtLoss"/>), each piece of the logits is made once: its
    /// gradient goes on to x and to the weight at once, while the loss is computed, so the weight's gradient is written to before backward
    /// begins. Otherwise backward computes each piece again.
    /// </remarks>
    /// <param name="x">(..., C).</param>
    /// <param name="weight">(Vp, C), one row per token.</param>
    /// <param name="targets">I32, one per row of x; <see cref="IgnoredTarget"/> is not scored.</param>
    /// <param name="vocabularySize">V ≤ Vp; rows of the weight from V on are padding and masked.</param>
    /// <param name="validCount">What the sum is divided by, as in <see cref="CrossEntropy"/>.</param>
    /// <param name="rowsAtOnce">Rows of logits that exist at a time, rounded up to a multiple of 32.</param>
    /// <param name="cap">The bound of <see cref="SoftCap"/> on the logits; 0 for none.</param>
    /// <param name="zLoss">Weight of (log sum exp logits)², as in <see cref="CrossEntropy"/>.</param>
    /// <returns>The loss in nats, one element, to the bits of <see cref="CrossEntropy"/> where a product's rows do not depend on their number.</returns>
    /// <exception cref="TensorException">The shapes do not fit, or a promised backward pass starts elsewhere.</exception>
    public static Tensor LinearCrossEntropy(
        Tensor x, Tensor weight, Tensor targets, int vocabularySize, long validCount, int rowsAtOnce, double cap = 0, double zLoss = 0)
    {
        Shape logits = ShapeOfLinear(x, weight, Tensor.None);                     // (..., Vp)
        if (targets.Count != logits.Rows || vocabularySize < 1 || vocabularySize > logits.Last || rowsAtOnce < 1)
        {
            throw new TensorException(
                $"linear cross-entropy: logits {logits}, {rowsAtOnce} rows at once, need {logits.Rows} targets, a vocabulary of at most "
                + $"{logits.Last} and a row, not {targets.Shape} and {vocabularySize}.");
        }

        Step step = StepOf(x);
        DType statistics = x.DType.Statistics();
        bool isRecorded = step.WillRecord(new TensorList(x, weight)), isAtOnce = isRecorded && step.Options.StartsAtLoss;
        Tensor loss = step.New(1, statistics);                                    // (1)
        Tensor rowLoss = step.New(targets.Shape, statistics);                     // (...)
        Tensor logSumExp = step.New(targets.Shape, statistics);                   // (...)
        Tensor dx = isAtOnce && step.NeedsGradient(x) ? step.New(x.Shape, x.DType) : Tensor.None;     // (..., C)
        int rows = (int)Math.Min(logits.Rows, ((long)rowsAtOnce + RowStep - 1) / RowStep * RowStep);
        var entry = new LinearCrossEntropyEntry(
            loss, rowLoss, logSumExp, dx, x, weight, targets, vocabularySize, rows, cap, 1.0 / Math.Max(1, validCount), zLoss, isAtOnce);
        entry.Forward(step);
        if (isRecorded)
        {
            step.PutOnTape(entry);
        }

        step.Release(rowLoss);
        step.Release(logSumExp);
        step.Release(dx);
        return loss;
    }
}

/// <summary>
/// Forward, for some rows at a time: z = c tanh(x Wᵀ / c), or x Wᵀ without a cap c, and their losses as <see cref="CrossEntropyOp"/> has them.
/// Backward: dz in place of z, then dx += dz W and dW += dzᵀ x. At once, all of it is done forward with dLoss = 1, which backward only has
/// to find confirmed; otherwise backward makes z again. Saves dx, or x and the log of the sums. Its operations count for themselves: the
/// FLOPs of the layer and the loss, and 2 M N K more where z is made again; bytes: W once more forward and dW twice more backward for each
/// further piece.
/// </summary>
internal readonly record struct LinearCrossEntropyEntry(
    Tensor Loss, Tensor RowLoss, Tensor LogSumExp, Tensor Dx, Tensor X, Tensor Weight, Tensor Targets,
    int VocabularySize, int RowsAtOnce, double Cap, double Scale, double ZLoss, bool IsAtOnce) : ITapeEntry
{
    public Tensor Output => Loss;

    public TensorList Saved => !IsAtOnce ? new(X, Targets, LogSumExp) : Dx.IsNone ? default : new(Dx);

    private long Rows => X.Shape.Rows;

    /// <summary>The loss, and at once the gradients.</summary>
    public void Forward(Step step)
    {
        Tensor one = Tensor.None;
        if (IsAtOnce)
        {
            one = step.New(1, Loss.DType);
            step.Run(new FillOp(one, 1));
        }

        for (long first = 0; first < Rows; first += RowsAtOnce)
        {
            Piece piece = Open(step, first, RowLoss, Dx);
            step.Run(Product(piece));
            if (Cap > 0)
            {
                step.Run(new SoftCapOp(piece.Z, piece.Raw, Cap));
            }

            step.Run(new CrossEntropyOp(
                Tensor.None, piece.RowLoss, piece.LogSumExp, piece.Z, piece.Targets, VocabularySize, Scale, ZLoss));
            if (IsAtOnce)
            {
                Differentiate(step, piece, one, betaX: 0);
            }

            piece.Close(step);
        }

        step.Run(new CrossEntropySumOp(Loss, RowLoss, LogSumExp, Targets, VocabularySize, Scale, ZLoss));
        step.Release(one);
    }

    public void Backward(Step step)
    {
        if (IsAtOnce)
        {
            if (!step.IsStart(Loss))
            {
                throw new TensorException(
                    "linear cross-entropy: the step promised that backward starts at this loss, and its gradients are computed already; call "
                    + "Backward with the loss itself, or open the step with StartsAtLoss = false and all gradients cleared.");
            }

            step.PassGradient(X, Dx);
            return;
        }

        bool hasDx = step.TryAccumulate(X, out Tensor dx, out float betaX);
        for (long first = 0; first < Rows; first += RowsAtOnce)
        {
            Piece piece = Open(step, first, rowLoss: Tensor.None, hasDx ? dx : Tensor.None);
            step.RunAgain(Product(piece));
            if (Cap > 0)
            {
                step.RunAgain(new SoftCapOp(piece.Z, piece.Raw, Cap));
            }

            Differentiate(step, piece, Loss.Gradient, betaX);
            piece.Close(step);
        }
    }

    private LinearOp Product(in Piece piece) =>
        new(piece.Raw, piece.X, Weight, Bias: Tensor.None, Residual: Tensor.None, VocabularySize);

    // The gradients take the places of what they are the gradients of.
    private void Differentiate(Step step, in Piece piece, Tensor dLoss, float betaX)
    {
        step.Run(new CrossEntropyBackwardOp(
            piece.Z, dLoss, piece.Z, piece.Targets, piece.LogSumExp, VocabularySize, Scale, ZLoss, Beta: 0));
        if (Cap > 0)
        {
            step.Run(new SoftCapBackwardOp(piece.Raw, piece.Z, piece.Raw, Cap, Beta: 0));
        }

        if (!piece.Dx.IsNone)
        {
            step.Run(new LinearBackwardInputOp(piece.Dx, piece.Raw, Weight, VocabularySize, betaX));
        }

        if (step.TryAccumulate(Weight, out Tensor dWeight, out float betaWeight))
        {
            step.Run(new LinearBackwardWeightOp(dWeight, piece.Raw, piece.X, VocabularySize, betaWeight));
        }
    }

    private Piece Open(Step step, long first, Tensor rowLoss, Tensor dx)
    {
        int rows = (int)Math.Min(RowsAtOnce, Rows - first), width = X.Shape.Last;
        Tensor raw = step.New((rows, Weight.Shape[0]), X.DType);                  // (R, Vp)
        return new Piece(
            step.Part(X, first * width, (rows, width)),                           // (R, C)
            step.Part(Targets, first, rows),                                      // (R)
            raw,                                                                  // (R, Vp)
            Cap > 0 ? step.New(raw.Shape, raw.DType) : raw,                       // (R, Vp)
            rowLoss.IsNone ? rowLoss : step.Part(rowLoss, first, rows),                                      // (R)
            step.Part(LogSumExp, first, rows),                                    // (R)
            dx.IsNone ? dx : step.Part(dx, first * width, (rows, width)));        // (R, C)
    }

    // Some rows: parts of the whole, and logits before and after the cap.
    private readonly record struct Piece(
        Tensor X, Tensor Targets, Tensor Raw, Tensor Z, Tensor RowLoss, Tensor LogSumExp, Tensor Dx)
    {
        public void Close(Step step)
        {
            step.Release(X);
            step.Release(Targets);
            step.Release(RowLoss);
            step.Release(LogSumExp);
            step.Release(Dx);
            step.Release(Raw);
            step.Release(Z);
        }
    }
}
