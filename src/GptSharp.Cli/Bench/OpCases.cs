using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu.Speed;

namespace GptSharp.Cli.Bench;

/// <summary>Single operations of GPT-2 124M, at sizes that do not fit into caches.</summary>
internal static class OpCases
{
    private const int Rows = 2048, Channels = 768, Hidden = 3072;
    private const int Tokens = 256, Vocabulary = 50257, PaddedVocabulary = 50304;
    private const int Batch = 4, Time = 1024, Heads = 12;
    private const int Parameters = 124_439_808;
    private const double Activations = (double)Rows * Channels * sizeof(float);
    private const double HiddenBytes = (double)Rows * Hidden * sizeof(float);
    private const double LogitBytes = (double)Tokens * PaddedVocabulary * sizeof(float);

    // Of the causal half: two products of T (T + 1) / 2 by D for each head, two operations a term; backward has five.
    private const double AttentionFlops = 4.0 * Batch * Channels * Time * (Time + 1) / 2;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<BenchCase> All { get; } =
    [
        Stream("layernorm", 2 * Activations, (o, b) =>
        {
            (Tensor y, Tensor mean, Tensor rstd, Tensor x) = (o.Zeros((Rows, Channels)), o.Zeros(Rows), o.Zeros(Rows), o.Numbers((Rows, Channels)));
            (Tensor weight, Tensor bias) = (o.Numbers(Channels), o.Numbers(Channels));
            return () => b.LayerNorm(y, mean, rstd, x, weight, bias, 1e-5);
        }),
        Stream("layernorm backward", 3 * Activations, (o, b) =>
        {
            (Tensor dx, Tensor dWeight, Tensor dBias) = (o.Zeros((Rows, Channels)), o.Zeros(Channels), o.Zeros(Channels));
            (Tensor dy, Tensor x, Tensor weight) = (o.Numbers((Rows, Channels)), o.Numbers((Rows, Channels)), o.Numbers(Channels));
            (Tensor mean, Tensor rstd) = (o.Numbers(Rows), o.Numbers(Rows));
            return () => b.LayerNormBackward(dx, dWeight, dBias, dy, x, weight, mean, rstd, 0, 0, 0);
        }),
        Stream("gelu", 2 * HiddenBytes, (o, b) =>
        {
            (Tensor y, Tensor x) = (o.Zeros((Rows, Hidden)), o.Numbers((Rows, Hidden)));
            return () => b.Activation(y, x, ActivationFunction.GeluTanh);
        }),
        Stream("gelu backward", 3 * HiddenBytes, (o, b) =>
        {
            (Tensor dx, Tensor dy, Tensor x) = (o.Zeros((Rows, Hidden)), o.Numbers((Rows, Hidden)), o.Numbers((Rows, Hidden)));
            return () => b.ActivationBackward(dx, dy, x, ActivationFunction.GeluTanh, 0);
        }),
        Stream("cross-entropy", LogitBytes, (o, b) =>
        {
            (Tensor loss, Tensor rowLoss, Tensor logSumExp) = (o.Zeros(1), o.Zeros(Tokens), o.Zeros(Tokens));
            (Tensor logits, Tensor targets) = (o.Numbers((Tokens, PaddedVocabulary)), o.Integers(Tokens, Vocabulary));
            return () => b.CrossEntropy(loss, rowLoss, logSumExp, logits, targets, Vocabulary, 1.0 / Tokens, 0);
        }),
        Stream("cross-entropy backward", 2 * LogitBytes, (o, b) =>
        {
            (Tensor dLoss, Tensor logits) = (o.Numbers(1), o.Numbers((Tokens, PaddedVocabulary)));
            (Tensor targets, Tensor logSumExp) = (o.Integers(Tokens, Vocabulary), o.Numbers(Tokens));
            return () => b.CrossEntropyBackward(logits, dLoss, logits, targets, logSumExp, Vocabulary, 1.0 / Tokens, 0, 0);  // in place
        }),
        new("attention", AttentionFlops, 0, Stream: null, InBF16: false, engine => Attention(engine, isBackward: false)),
        new("attention backward", 2.5 * AttentionFlops, 0, Stream: null, InBF16: false, engine => Attention(engine, isBackward: true)),
        new("adamw", 0, 28.0 * Parameters, StreamKind.Update, InBF16: false, engine =>
        {
            var o = new Operands(engine);
            Shape shape = (Parameters / 16, 16);
            (Tensor values, Tensor first, Tensor second, Tensor gradients) = (o.Zeros(shape), o.Zeros(shape), o.Zeros(shape), o.Zeros(shape));
            var scalars = new AdamWScalars(1e-3, 0.9, 0.95, 1e-8, 0.1, Update: 1, double.PositiveInfinity);
            return () => engine.Backend.AdamW(
                values, Tensor.None, first, second, gradients, Tensor.None, 0, Parameters, scalars, default);
        }),
        new("gradient norm", 0, 4.0 * Parameters, StreamKind.Read, InBF16: false, engine =>
        {
            var o = new Operands(engine);
            (Tensor norm, Tensor gradients) = (o.Zeros(1), o.Zeros((Parameters / 16, 16)));
            return () => engine.Backend.GradientNorm(norm, gradients);
        }),
    ];

    private static BenchCase Stream(string name, double bytes, Func<Operands, IBackend, Action> prepare) =>
        new(name, 0, bytes, StreamKind.Triad, InBF16: false, engine => prepare(new Operands(engine), engine.Backend));

    // Backward makes the weights again from what forward saved, so it is given what a forward pass wrote.
    private static Action Attention(Engine engine, bool isBackward)
    {
        var o = new Operands(engine);
        var form = new AttentionForm(Heads);
        Tensor qkv = o.Numbers((Batch, Time, 3 * Channels));                                              // (B, T, 3C)
        (Tensor y, Tensor logSumExp) = (o.Zeros((Batch, Time, Channels)), o.Zeros((Batch, Heads, Time)));
        Action forward = () => engine.Backend.Attention(y, logSumExp, qkv, Tensor.None, form, 0, default);
        if (!isBackward)
        {
            return forward;
        }

        forward();
        (Tensor dQkv, Tensor dy) = (o.Zeros((Batch, Time, 3 * Channels)), o.Numbers((Batch, Time, Channels)));
        return () => engine.Backend.AttentionBackward(dQkv, dy, qkv, y, logSumExp, Tensor.None, form, 0, default, 0);
    }
}
