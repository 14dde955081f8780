using GptSharp.Tensors;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>The operations that are measured: those of a training step of GPT-2 124M and of a Llama, at sizes that do not fit into caches.</summary>
internal static class OpCases
{
    private const int Rows = 2048, Channels = 768, Hidden = 3072;
    private const int Tokens = 256, Vocabulary = 50257, PaddedVocabulary = 50304;
    private const int Batch = 4, Time = 1024, Heads = 12;
    private const int Gpt2Parameters = 124_439_808;

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<(string Name, Action<OpWorkload> Prepare)> All { get; } =
    [
        ("layernorm", w => w.Use(new LayerNormOp(
            w.New((Rows, Channels)), w.New(Rows), w.New(Rows), w.Random((Rows, Channels)), w.Random(Channels), w.Random(Channels), 1e-5))),
        ("layernorm backward", w => w.Use(new LayerNormBackwardOp(
            w.New((Rows, Channels)), w.New(Channels), w.New(Channels), w.Random((Rows, Channels)), w.Random((Rows, Channels)),
            w.Random(Channels), w.Random(Rows), w.Random(Rows), 0, 0, 0))),
        ("rmsnorm", w => w.Use(new RMSNormOp(
            w.New((Rows, Channels)), w.New(Rows), w.Random((Rows, Channels)), w.Random(Channels), 1e-5))),
        ("rmsnorm backward", w => w.Use(new RMSNormBackwardOp(
            w.New((Rows, Channels)), w.New(Channels), w.Random((Rows, Channels)), w.Random((Rows, Channels)), w.Random(Channels),
            w.Random(Rows), 0, 0))),
        ("gelu", w => w.Use(new ActivationOp(w.New((Rows, Hidden)), w.Random((Rows, Hidden)), ActivationFunction.GeluTanh))),
        ("gelu backward", w => w.Use(new ActivationBackwardOp(
            w.New((Rows, Hidden)), w.Random((Rows, Hidden)), w.Random((Rows, Hidden)), ActivationFunction.GeluTanh, 0))),
        ("swiglu", w => w.Use(new GatedUnitOp(w.New((Rows, Hidden)), w.Random((Rows, 2 * Hidden)), ActivationFunction.Swish))),
        ("swiglu backward", w => w.Use(new GatedUnitBackwardOp(
            w.New((Rows, 2 * Hidden)), w.Random((Rows, Hidden)), w.Random((Rows, 2 * Hidden)), ActivationFunction.Swish, 0))),
        ("cross-entropy", w => w.Use(new CrossEntropyOp(
            w.New(1), w.New(Tokens), w.New(Tokens), w.Random((Tokens, PaddedVocabulary)), w.Integers(Tokens, Vocabulary), Vocabulary,
            1.0 / Tokens, 0))),
        ("cross-entropy backward", w => w.Use(new CrossEntropyBackwardOp(
            w.New((Tokens, PaddedVocabulary)), w.Random(1), w.Random((Tokens, PaddedVocabulary)), w.Integers(Tokens, Vocabulary),
            w.Random(Tokens), Vocabulary, 1.0 / Tokens, 0, 0))),
        ("embedding", w => w.Use(new EmbeddingOp(
            w.New((Batch, Time, Channels)), w.Integers((Batch, Time), Vocabulary), w.Random((PaddedVocabulary, Channels)),
            w.Random((Time, Channels))))),
        ("embedding backward", w => w.Use(new EmbeddingBackwardOp(
            w.New((PaddedVocabulary, Channels)), w.Random((Batch, Time, Channels)), w.Integers((Batch, Time), Vocabulary), Beta: 1))),
        ("add", w => w.Use(new AddOp(w.New((Rows, Channels)), w.Random((Rows, Channels)), w.Random((Rows, Channels))))),
        ("attention", w => w.Use(new AttentionOp(
            w.New((Batch, Time, Channels)), w.New((Batch, Heads, Time)), w.Random((Batch, Time, 3 * Channels)), Tensor.None,
            new AttentionForm(Heads), 0, default))),
        ("attention backward", PrepareAttentionBackward),
        ("adamw", PrepareAdamW),
        ("gradient norm", w => w.Use(new GradientNormOp(w.New(1), w.New((Gpt2Parameters / 16, 16))))),
    ];

    // Backward makes the weights again from what forward saved, so it is given what a forward pass wrote.
    private static void PrepareAttentionBackward(OpWorkload w)
    {
        Tensor qkv = w.Random((Batch, Time, 3 * Channels));      // (B, T, 3C)
        Tensor y = w.New((Batch, Time, Channels));               // (B, T, C)
        Tensor logSumExp = w.New((Batch, Heads, Time));          // (B, H, T)
        w.RunOnce(new AttentionOp(y, logSumExp, qkv, Tensor.None, new AttentionForm(Heads), 0, default));
        w.Use(new AttentionBackwardOp(
            w.New((Batch, Time, 3 * Channels)), w.Random((Batch, Time, Channels)), qkv, y, logSumExp, Tensor.None, new AttentionForm(Heads),
            0, default, 0));
    }

    private static void PrepareAdamW(OpWorkload w)
    {
        // All zeros: the time does not depend on the values.
        Tensor[] arrays = [.. Enumerable.Range(0, 4).Select(_ => w.New((Gpt2Parameters / 16, 16)))];
        var scalars = new AdamWScalars(1e-3, 0.9, 0.95, 1e-8, 0.1, Update: 1, double.PositiveInfinity);
        w.Use(new AdamWOp(arrays[0], Tensor.None, arrays[1], arrays[2], arrays[3], Tensor.None, 0, Gpt2Parameters, scalars));
    }
}
