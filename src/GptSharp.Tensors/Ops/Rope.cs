namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Rotary position embedding: rotates pairs of channels of every query and key head by angles that grow with the position, so that
    /// a score depends on the distance of its positions; values pass through.
    /// </summary>
    /// <param name="qkv">(B, T, (H + 2 G) D).</param>
    /// <param name="table">
    /// (S, R), F32 or F64, R even and at most D: row p holds the cosines of position p's R / 2 angles, then their sines. The first R
    /// channels of a head are rotated, the others pass through.
    /// </param>
    /// <param name="form">H and G; the rest of it plays no role here.</param>
    /// <param name="pairing">Which channels form a pair.</param>
    /// <param name="starts">
    /// I32 (B), or <see cref="Tensor.None"/> for zeros: the position of each sequence's first token. Positions from S on use the
    /// table's last row: padding behind a sequence's end may stand there, nothing else.
    /// </param>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor Rope(Tensor qkv, Tensor table, in AttentionForm form, RopePairing pairing, Tensor starts = default)
    {
        form.Check("rope", qkv, Tensor.None);
        int headSize = form.HeadSize(qkv.Shape.Last);
        if (table.Shape.Rank != 2 || table.Shape.Last % 2 != 0 || table.Shape.Last > headSize
            || (starts.IsNone && table.Shape[0] < qkv.Shape[1]) || (!starts.IsNone && starts.Shape != qkv.Shape[0]))
        {
            throw new TensorException(
                $"rope: qkv {qkv.Shape} with heads of {headSize} channels does not fit a table {table.Shape} and starts {starts}.");
        }

        Step step = StepOf(qkv);
        return step.Record(new RopeOp(step.New(qkv.Shape, qkv.DType), qkv, table, starts, form, pairing, Inverse: false, 0));
    }
}

public partial interface IBackend
{
    /// <summary>y = qkv with its queries and keys rotated (backward if inverse) + beta y; starts may be absent.</summary>
    void Rope(
        Tensor y, Tensor qkv, Tensor table, Tensor starts, in AttentionForm form, RopePairing pairing, bool inverse, float beta);
}

/// <summary>
/// Forward, per position p, head and pair of channels (a, b) with angle t = p f: (a cos t - b sin t, b cos t + a sin t), for queries and
/// keys. Backward: the inverse rotation of dy, t replaced by -t; so the gradient is this operation once more. Saves nothing but the
/// table. FLOPs: 3 per rotated channel; bytes: qkv and y once. Su et al. 2021, arXiv:2104.09864.
/// </summary>
internal readonly record struct RopeOp(
    Tensor Y, Tensor Qkv, Tensor Table, Tensor Starts, AttentionForm Form, RopePairing Pairing, bool Inverse, float Beta)
    : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Of("rope", "y <- qkv table starts", "A <- A S I32");

    public TensorList Operands => new(Y, Qkv, Table, Starts);

    public OpCost Cost => new(
        3.0 * Y.Count / Y.Shape.Last * (Form.HeadCount + Form.KeyHeadCount) * Table.Shape.Last,
        Operands.Bytes + OpCost.Reread(Y, Beta));

    public Tensor Output => Y;

    public TensorList Saved => new(Table, Starts);

    public void Execute(IBackend backend) => backend.Rope(Y, Qkv, Table, Starts, Form, Pairing, Inverse, Beta);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(Qkv, out Tensor dQkv, out float beta))
        {
            step.Run(this with { Y = dQkv, Qkv = Y.Gradient, Inverse = !Inverse, Beta = beta });
        }
    }
}
