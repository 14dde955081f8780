namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>Causal multi-head self-attention: each position mixes the values of itself and of those before it.</summary>
    /// <param name="qkv">(B, T, 3C): queries, keys and values of all heads, side by side.</param>
    /// <param name="headCount">H; head h owns columns h D ... (h + 1) D - 1 of each third, with D = C / H.</param>
    /// <param name="dropoutRate">Probability that an attention weight is dropped in a training step.</param>
    /// <param name="site">A number that no other random operation of the model uses.</param>
    /// <returns>(B, T, C).</returns>
    /// <exception cref="TensorException">The shape does not divide into three thirds of H heads.</exception>
    public static Tensor Attention(Tensor qkv, int headCount, double dropoutRate = 0, uint site = 0)
    {
        if (qkv.Shape.Rank != 3 || headCount <= 0 || qkv.Shape.Last % (3 * headCount) != 0)
        {
            throw new TensorException($"attention: qkv {qkv.Shape} is not (B, T, 3 x {headCount} heads x D).");
        }

        Step step = StepOf(qkv);
        double rate = step.Options.Training ? dropoutRate : 0;
        CheckRate("attention", rate);
        (int batch, int time) = (qkv.Shape[0], qkv.Shape[1]);
        Tensor y = step.New((batch, time, qkv.Shape.Last / 3), qkv.DType);     // (B, T, C)
        Tensor logSumExp = step.New((batch, headCount, time), qkv.DType);      // (B, H, T)
        return step.Record(new AttentionOp(y, logSumExp, qkv, headCount, rate, RandomKey.Of(step, site)));
    }
}

public partial interface IBackend
{
    /// <summary>Causal attention over packed queries, keys and values; logSumExp is an output for backward.</summary>
    void Attention(Tensor y, Tensor logSumExp, Tensor qkv, int headCount, double dropoutRate, RandomKey key);

    /// <summary>The gradient of qkv.</summary>
    void AttentionBackward(
        Tensor dQkv, Tensor dy, Tensor qkv, Tensor y, Tensor logSumExp,
        int headCount, double dropoutRate, RandomKey key, float beta);
}

/// <summary>
/// Forward, per sample and head, with s = 1/sqrt(D): S[i, j] = s q_i · k_j for j ≤ i; L_i = log sum_j exp S[i, j];
/// P = exp(S - L); Z = m P / (1 - p) with the dropout mask m; y_i = sum_j Z[i, j] v_j.
/// Backward, with delta_i = dy_i · y_i: dv_j += sum_i Z[i, j] dy_i; dS[i, j] = Z[i, j] (dy_i · v_j) - P[i, j] delta_i;
/// dq_i += s sum_j dS[i, j] k_j; dk_j += s sum_i dS[i, j] q_i.
/// Saves qkv, y and L, never the T x T matrices: P is made again from L, the mask from its key (element (h T + i) T + j).
/// FLOPs: 2 B T² C forward, 5 B T² C backward, for the causal half; bytes: qkv and y once.
/// Vaswani et al. 2017, arXiv:1706.03762; Dao et al. 2022, arXiv:2205.14135.
/// </summary>
internal readonly record struct AttentionOp(
    Tensor Y, Tensor LogSumExp, Tensor Qkv, int HeadCount, double DropoutRate, RandomKey Key) : IDifferentiableOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("attention", "y logSumExp <- qkv");

    public TensorList Operands => new(Y, LogSumExp, Qkv);

    public double Flops => 2.0 * Y.Count * Y.Shape[1];

    public Tensor Output => Y;

    public TensorList Saved => new(Qkv, Y, LogSumExp);

    public void Execute(IBackend backend) => backend.Attention(Y, LogSumExp, Qkv, HeadCount, DropoutRate, Key);

    public void Backward(Step step)
    {
        if (step.TryAccumulate(Qkv, out Tensor dQkv, out float beta))
        {
            step.Run(new AttentionBackwardOp(
                dQkv, Y.Gradient, Qkv, Y, LogSumExp, HeadCount, DropoutRate, Key, beta));
        }
    }
}

/// <summary>The backward pass of <see cref="AttentionOp"/>.</summary>
internal readonly record struct AttentionBackwardOp(
    Tensor DQkv, Tensor Dy, Tensor Qkv, Tensor Y, Tensor LogSumExp,
    int HeadCount, double DropoutRate, RandomKey Key, float Beta) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Floats("attention backward", "dQkv <- dy qkv y logSumExp");

    public TensorList Operands => new(DQkv, Dy, Qkv, Y, LogSumExp);

    public double Flops => 5.0 * Y.Count * Y.Shape[1];

    public void Execute(IBackend backend) =>
        backend.AttentionBackward(DQkv, Dy, Qkv, Y, LogSumExp, HeadCount, DropoutRate, Key, Beta);
}
