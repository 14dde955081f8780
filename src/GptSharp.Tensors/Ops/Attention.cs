namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>Causal multi-head self-attention: each position mixes the values of itself and of those before it.</summary>
    /// <inheritdoc cref="Attention(Tensor, in AttentionForm, Tensor, double, uint)"/>
    /// <param name="qkv">(B, T, 3C): queries, keys and values of all heads, side by side.</param>
    /// <param name="headCount">H; head h owns columns h D ... (h + 1) D - 1 of each third, with D = C / H.</param>
    /// <param name="dropoutRate">Probability that an attention weight is dropped in a training step.</param>
    /// <param name="site">A number that no other random operation of the model uses.</param>
    public static Tensor Attention(Tensor qkv, int headCount, double dropoutRate = 0, uint site = 0) =>
        Attention(qkv, new AttentionForm(headCount), Tensor.None, dropoutRate, site);

    /// <summary>Causal self-attention of any <see cref="AttentionForm"/>.</summary>
    /// <param name="qkv">(B, T, (H + 2 G) D): H query heads, then G key heads, then G value heads, each of D columns.</param>
    /// <param name="form">Heads, window, soft cap, ALiBi.</param>
    /// <param name="documentStarts">
    /// I32 (B, T), or <see cref="Tensor.None"/>: where in the sequence the document of each position begins; nothing before it is seen.
    /// </param>
    /// <param name="dropoutRate">Probability that an attention weight is dropped in a training step.</param>
    /// <param name="site">A number that no other random operation of the model uses.</param>
    /// <returns>(B, T, H D).</returns>
    /// <exception cref="TensorException">The shape does not divide into such heads.</exception>
    public static Tensor Attention(
        Tensor qkv, in AttentionForm form, Tensor documentStarts = default, double dropoutRate = 0, uint site = 0)
    {
        form.Check("attention", qkv, documentStarts);
        Step step = StepOf(qkv);
        double rate = step.Options.Training ? dropoutRate : 0;
        CheckRate("attention", rate);
        (int batch, int time, int headSize) = (qkv.Shape[0], qkv.Shape[1], form.HeadSize(qkv.Shape.Last));
        Tensor y = step.New((batch, time, form.HeadCount * headSize), qkv.DType);                   // (B, T, H D)
        Tensor logSumExp = step.New((batch, form.HeadCount, time), qkv.DType.Statistics());        // (B, H, T)
        return step.Record(new AttentionOp(y, logSumExp, qkv, documentStarts, form, rate, RandomKey.Of(step, site)));
    }
}

public partial interface IBackend
{
    /// <summary>Causal attention over packed queries, keys and values; logSumExp is an output for backward; documentStarts may be absent.</summary>
    /// <exception cref="TensorException">A document starts outside 0 ... its position.</exception>
    void Attention(
        Tensor y, Tensor logSumExp, Tensor qkv, Tensor documentStarts, in AttentionForm form, double dropoutRate, RandomKey key);

    /// <summary>The gradient of qkv.</summary>
    void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp, Tensor documentStarts,
        in AttentionForm form, double dropoutRate, RandomKey key, float beta);
}

/// <summary>
/// Forward, per sample and head, with s = 1/sqrt(D): S[i, j] = cap(s q_i · k_j) - m (i - j) for the j that i sees: first(i) ≤ j ≤ i with
/// first(i) = max(documentStart_i, i - W + 1); L_i = log sum_j exp S[i, j]; P = exp(S - L); Z = d P / (1 - p) with the dropout mask d;
/// y_i = sum_j Z[i, j] v_j. cap(x) = c tanh(x / c), or x; the slope m is 0 without ALiBi.
/// Backward, with delta_i = dy_i · y_i: dv_j += sum_i Z[i, j] dy_i; dS[i, j] = cap'(s q_i · k_j) (Z[i, j] (dy_i · v_j) - P[i, j] delta_i);
/// dq_i += s sum_j dS[i, j] k_j; dk_j += s sum_i dS[i, j] q_i; cap'(x) = 1 - tanh²(x / c), or 1. A key or value head adds up over the
/// query heads that share it.
/// Saves qkv, y and L, never the T x T matrices: P is made again from L, the mask from its key (element (h T + i) T + j).
/// FLOPs: 2 B T (T + 1) H D forward and 5 B T (T + 1) H D backward, which makes P again; the model asks for 4 and 8 B T² H D. Bytes: qkv and y once.
/// Vaswani et al. 2017, arXiv:1706.03762; Dao et al. 2022, arXiv:2205.14135.
/// </summary>
internal readonly record struct AttentionOp(
    Tensor Y, Tensor LogSumExp, Tensor Qkv, Tensor DocumentStarts, AttentionForm Form, double DropoutRate, RandomKey Key)
    : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Of("attention", "y logSumExp <- qkv documentStarts", "A S <- A I32");

    public TensorList Operands => new(Y, LogSumExp, Qkv, DocumentStarts);

    public OpCost Cost => OpCost.Product(
        4.0 * Y.Count * MeanVisible(Y.Shape[1], Form.Window), 4.0 * Y.Count * Reach(Y.Shape[1], Form.Window), Operands.Bytes);

    public Tensor Output => Y;

    public TensorList Saved => new(Qkv, Y, LogSumExp, DocumentStarts);

    public void Execute(IBackend backend) => backend.Attention(Y, LogSumExp, Qkv, DocumentStarts, Form, DropoutRate, Key);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(Qkv, out Tensor dQkv, out float beta))
        {
            step.Run(new AttentionBackwardOp(
                dQkv, Y.Gradient, Qkv, Y, LogSumExp, DocumentStarts, Form, DropoutRate, Key, beta));
        }
    }

    /// <summary>Keys that a query sees, on average: (T + 1) / 2, or fewer with a window. Documents are not known here.</summary>
    internal static double MeanVisible(int time, int window)
    {
        double reach = Reach(time, window);
        return reach - (reach * (reach - 1) / 2 / time); // the first queries see 1, 2, ... keys
    }

    /// <summary>Keys that the window reaches: T without one, whatever the causal mask hides of them.</summary>
    internal static int Reach(int time, int window) => window == 0 ? time : Math.Min(window, time);
}

/// <summary>The backward pass of <see cref="AttentionOp"/>.</summary>
internal readonly record struct AttentionBackwardOp(
    Tensor DQkv, Tensor Dy, Tensor Qkv, Tensor Y, Tensor LogSumExp, Tensor DocumentStarts,
    AttentionForm Form, double DropoutRate, RandomKey Key, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of(
        "attention backward", "dQkv <- dy qkv y logSumExp documentStarts", "A <- A A A S I32");

    public TensorList Operands => new(DQkv, Dy, Qkv, Y, LogSumExp, DocumentStarts);

    public OpCost Cost => OpCost.Product(
        10.0 * Y.Count * AttentionOp.MeanVisible(Y.Shape[1], Form.Window),
        8.0 * Y.Count * AttentionOp.Reach(Y.Shape[1], Form.Window),
        Operands.Bytes + OpCost.Reread(DQkv, Beta));

    public void Execute(IBackend backend) =>
        backend.AttentionBackward(DQkv, Dy, Qkv, Y, LogSumExp, DocumentStarts, Form, DropoutRate, Key, Beta);
}
