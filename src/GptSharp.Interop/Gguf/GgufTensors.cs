using System.Globalization;
using GptSharp.Files.Gguf;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;

namespace GptSharp.Interop.Gguf;

/// <summary>A tensor of a GGUF file and its place in a <see cref="Gpt"/>.</summary>
/// <param name="Place">Name and shape in the file, and which rows of which parameter it is.</param>
/// <param name="PairedHeadSize">D where the rows of each head stand in another order in the file; 0 where they do not.</param>
internal sealed record GgufPlace(ModelTensor Place, int PairedHeadSize = 0)
{
    public string Name => Place.Name;

    public IReadOnlyList<long> Shape => Place.Shape;

    /// <summary>
    /// The type that llama.cpp's own converter would store it in: vectors and position embeddings are never shortened, and a row that is
    /// no whole number of blocks is stored as F16.
    /// </summary>
    public GgufTensorType StoredAs(GgufTensorType wanted) =>
        Shape.Count == 1 || Name == GgufTensors.Positions ? GgufTensorType.F32
        : Shape[^1] % wanted.Block().Elements != 0 ? GgufTensorType.F16
        : wanted;

    /// <summary>Puts the rows of each head in the file's order: i and i + D / 2 beside each other.</summary>
    public T[] ToFile<T>(T[] values) => Reordered(values, toFile: true);

    /// <summary>Puts the rows of each head in the order of a <see cref="Gpt"/>.</summary>
    public T[] FromFile<T>(T[] values) => Reordered(values, toFile: false);

    private T[] Reordered<T>(T[] values, bool toFile)
    {
        if (PairedHeadSize == 0)
        {
            return values;
        }

        int row = Shape.Count == 1 ? 1 : checked((int)Shape[^1]);
        int half = PairedHeadSize / 2;
        var result = new T[values.Length];
        for (int r = 0; r < values.Length / row; r++)
        {
            (int head, int channel) = Math.DivRem(r, PairedHeadSize);
            int paired = (head * PairedHeadSize) + (2 * (channel % half)) + (channel / half);
            (int from, int to) = toFile ? (r, paired) : (paired, r);
            values.AsSpan(from * row, row).CopyTo(result.AsSpan(to * row));
        }

        return result;
    }
}

/// <summary>Names and shapes of a model's tensors in llama.cpp: linear layers are (outputs, inputs), as in a <see cref="Gpt"/>.</summary>
internal static class GgufTensors
{
    public const string Tokens = "token_embd.weight";
    public const string Positions = "position_embd.weight";
    public const string Head = "output.weight";

    /// <summary>Divisors of the frequencies of rotary embedding, one per pair; no parameter of a <see cref="Gpt"/>.</summary>
    public const string RopeFactors = "rope_freqs.weight";

    /// <summary>Every tensor of a model but <see cref="RopeFactors"/>, made as it is asked for.</summary>
    public static IEnumerable<GgufPlace> Of(GgufArchitecture architecture, GptConfig config)
    {
        yield return new(new(Tokens, "wte.weight", [config.VocabularySize, config.Width]));
        if (architecture.IsGpt2)
        {
            yield return new(new(Positions, "wpe.weight", [config.BlockSize, config.Width]));
        }

        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string theirs = string.Create(CultureInfo.InvariantCulture, $"blk.{layer}.");
            string ours = string.Create(CultureInfo.InvariantCulture, $"h.{layer}.");
            IEnumerable<GgufPlace> block = architecture.IsGpt2
                ? Gpt2Block(theirs, ours, config)
                : LlamaBlock(theirs, ours, config, architecture.InterleavesPairs && config.Rope.Pairing == RopePairing.RotateHalf);
            foreach (GgufPlace place in block)
            {
                yield return place;
            }
        }

        foreach (GgufPlace place in Norm("output_norm", "ln_f", config))
        {
            yield return place;
        }

        if (!config.TieHead)
        {
            yield return new(new(Head, "lm_head.weight", [config.VocabularySize, config.Width]));
        }
    }

    private static IEnumerable<GgufPlace> Gpt2Block(string theirs, string ours, GptConfig config) =>
    [
        .. Norm(theirs + "attn_norm", ours + "ln_1", config),
        .. Rows(theirs + "attn_qkv", ours + "attn.c_attn", config.PackedWidth, config.Width, bias: true),
        .. Rows(theirs + "attn_output", ours + "attn.c_proj", config.Width, config.Width, bias: true),
        .. Norm(theirs + "ffn_norm", ours + "ln_2", config),
        .. Rows(theirs + "ffn_up", ours + "mlp.c_fc", config.MlpWidth, config.Width, bias: true),
        .. Rows(theirs + "ffn_down", ours + "mlp.c_proj", config.Width, config.MlpWidth, bias: true),
    ];

    private static IEnumerable<GgufPlace> LlamaBlock(string theirs, string ours, GptConfig config, bool paired)
    {
        (long width, long mlp) = (config.Width, config.MlpWidth);
        (long queries, long keys) = ((long)config.HeadCount * config.HeadSize, (long)config.KeyHeadCount * config.HeadSize);
        int pairedHeadSize = paired ? config.HeadSize : 0;
        string attention = ours + "attn.c_attn";
        IEnumerable<GgufPlace> headNorms = config.QkNorm
            ?
            [
                new(new(theirs + "attn_q_norm.weight", ours + "attn.q_norm.weight", [config.HeadSize])),
                new(new(theirs + "attn_k_norm.weight", ours + "attn.k_norm.weight", [config.HeadSize])),
            ]
            : [];
        return
        [
            .. Norm(theirs + "attn_norm", ours + "ln_1", config),
            .. Rows(theirs + "attn_q", attention, queries, width, config.QkvBias, firstRow: 0, pairedHeadSize),
            .. Rows(theirs + "attn_k", attention, keys, width, config.QkvBias, firstRow: queries, pairedHeadSize),
            .. Rows(theirs + "attn_v", attention, keys, width, config.QkvBias, firstRow: queries + keys),
            .. headNorms,
            .. Rows(theirs + "attn_output", ours + "attn.c_proj", width, queries, config.Bias),
            .. Norm(theirs + "ffn_norm", ours + "ln_2", config),
            .. Rows(theirs + "ffn_gate", ours + "mlp.c_fc", mlp, width, config.MlpBias, firstRow: 0),
            .. Rows(theirs + "ffn_up", ours + "mlp.c_fc", mlp, width, config.MlpBias, firstRow: mlp),
            .. Rows(theirs + "ffn_down", ours + "mlp.c_proj", width, mlp, config.MlpBias),
        ];
    }

    private static IEnumerable<GgufPlace> Norm(string theirs, string ours, GptConfig config)
    {
        yield return new(new(theirs + ".weight", ours + ".weight", [config.Width]));
        if (config.Norm == NormKind.LayerNorm)
        {
            yield return new(new(theirs + ".bias", ours + ".bias", [config.Width]));
        }
    }

    private static IEnumerable<GgufPlace> Rows(
        string theirs, string ours, long outputs, long inputs, bool bias, long firstRow = 0, int pairedHeadSize = 0)
    {
        yield return new(new(theirs + ".weight", ours + ".weight", [outputs, inputs], FirstRow: firstRow), pairedHeadSize);
        if (bias)
        {
            yield return new(new(theirs + ".bias", ours + ".bias", [outputs], FirstRow: firstRow), pairedHeadSize);
        }
    }
}
