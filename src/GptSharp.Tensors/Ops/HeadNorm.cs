namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>QK-norm: RMSNorm of every query head and every key head, so that no score can grow without bound; values pass through.</summary>
    /// <param name="qkv">(B, T, (H + 2 G) D).</param>
    /// <param name="queryWeight">(D), the scale of all query heads.</param>
    /// <param name="keyWeight">(D), the scale of all key heads.</param>
    /// <param name="form">H and G; the rest of it plays no role here.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor HeadNorm(Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon = 1e-5)
    {
        form.Check("head norm", qkv, Tensor.None);
        int headSize = form.HeadSize(qkv.Shape.Last);
        if (queryWeight.Shape != headSize || keyWeight.Shape != headSize)
        {
            throw new TensorException(
                $"head norm: heads of {headSize} channels need weights ({headSize}), not {queryWeight} and {keyWeight}.");
        }

        Step step = StepOf(qkv);
        Tensor y = step.New(qkv.Shape, qkv.DType);                                                       // (B, T, (H + 2 G) D)
        Shape heads = (qkv.Shape[0], qkv.Shape[1], form.HeadCount + form.KeyHeadCount);
        Tensor rrms = step.New(heads, qkv.DType.Statistics());                                           // (B, T, H + G)
        return step.Record(new HeadNormOp(y, rrms, qkv, queryWeight, keyWeight, form, epsilon));
    }
}

public partial interface IBackend
{
    /// <summary>y = qkv with each query and key head times its rrms and weight; rrms is an output.</summary>
    void HeadNorm(
        Tensor y, Tensor rrms, Tensor qkv, Tensor queryWeight, Tensor keyWeight, in AttentionForm form, double epsilon);

    /// <summary>Gradients of all three inputs; absent outputs are not computed, each has its own beta.</summary>
    void HeadNormBackward(
        Tensor dQkv, Tensor dQueryWeight, Tensor dKeyWeight, Tensor dy, Tensor qkv, Tensor queryWeight, Tensor keyWeight, Tensor rrms,
        in AttentionForm form, float betaQkv, float betaQueryWeight, float betaKeyWeight);
}

/// <summary>
/// Forward and backward: <see cref="RMSNormOp"/> of each head, the query heads with one weight and the key heads with another; the value
/// heads are copied, and so is their gradient. Saves qkv and the rrms of each head. FLOPs: about 4 per query and key channel forward, 10
/// backward; bytes: qkv and y once. Henry et al. 2020, arXiv:2010.04245; Dehghani et al. 2023, arXiv:2302.05442.
/// </summary>
internal readonly record struct HeadNormOp(
    Tensor Y, Tensor Rrms, Tensor Qkv, Tensor QueryWeight, Tensor KeyWeight, AttentionForm Form, double Epsilon) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Of("head norm", "y rrms <- qkv queryWeight keyWeight", "A S <- A A A");

    public TensorList Operands => new(Y, Rrms, Qkv, QueryWeight, KeyWeight);

    public OpCost Cost => new(4.0 * Rrms.Count * QueryWeight.Count, Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => new(Qkv, Rrms, QueryWeight, KeyWeight);

    public void Execute(IBackend backend) => backend.HeadNorm(Y, Rrms, Qkv, QueryWeight, KeyWeight, Form, Epsilon);

    public void Backward(Step step)
    {
        step.TryAccumulate(Qkv, out Tensor dQkv, out float betaQkv);
        step.TryAccumulate(QueryWeight, out Tensor dQueryWeight, out float betaQuery);
        step.TryAccumulate(KeyWeight, out Tensor dKeyWeight, out float betaKey);
        step.Run(new HeadNormBackwardOp(
            dQkv, dQueryWeight, dKeyWeight, Y.Gradient, Qkv, QueryWeight, KeyWeight, Rrms, Form, betaQkv, betaQuery, betaKey));
    }
}

/// <summary>The backward pass of <see cref="HeadNormOp"/>.</summary>
internal readonly record struct HeadNormBackwardOp(
    Tensor DQkv, Tensor DQueryWeight, Tensor DKeyWeight, Tensor Dy, Tensor Qkv, Tensor QueryWeight, Tensor KeyWeight, Tensor Rrms,
    AttentionForm Form, float BetaQkv, float BetaQueryWeight, float BetaKeyWeight) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of(
        "head norm backward", "dQkv dQueryWeight dKeyWeight <- dy qkv queryWeight keyWeight rrms", "A G G <- A A A A S");

    public TensorList Operands => new(DQkv, DQueryWeight, DKeyWeight, Dy, Qkv, QueryWeight, KeyWeight, Rrms);

    public OpCost Cost => new(
        10.0 * Rrms.Count * QueryWeight.Count,
        Operands.Bytes + OpCost.Reread(DQkv, BetaQkv) + OpCost.Reread(DQueryWeight, BetaQueryWeight) + OpCost.Reread(DKeyWeight, BetaKeyWeight));

    public void Execute(IBackend backend) => backend.HeadNormBackward(
        DQkv, DQueryWeight, DKeyWeight, Dy, Qkv, QueryWeight, KeyWeight, Rrms, Form, BetaQkv, BetaQueryWeight, BetaKeyWeight);
}
