using System.Globalization;
using System.Text.RegularExpressions;

namespace GptSharp.Nn.ModelFiles;

/// <summary>The layout of GPT-2.</summary>
internal sealed partial class Gpt2Layout : ModelLayout
{
    private const string Head = "lm_head.weight";

    /// <inheritdoc/>
    public override string Prefix => "transformer.";

    /// <inheritdoc/>
    internal override string Embedding => "wte.weight";

    /// <inheritdoc/>
    public override IEnumerable<ModelTensor> Tensors(GptConfig config)
    {
        (long width, long mlp) = (config.Width, config.MlpWidth);
        yield return Plain("wte.weight", config.VocabularySize, width);
        yield return Plain("wpe.weight", config.BlockSize, width);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string block = string.Create(CultureInfo.InvariantCulture, $"h.{layer}.");
            yield return Plain(block + "ln_1.weight", width);
            yield return Plain(block + "ln_1.bias", width);
            yield return Matrix(block + "attn.c_attn.weight", width, 3 * width);
            yield return Plain(block + "attn.c_attn.bias", 3 * width);
            yield return Matrix(block + "attn.c_proj.weight", width, width);
            yield return Plain(block + "attn.c_proj.bias", width);
            yield return Plain(block + "ln_2.weight", width);
            yield return Plain(block + "ln_2.bias", width);
            yield return Matrix(block + "mlp.c_fc.weight", width, mlp);
            yield return Plain(block + "mlp.c_fc.bias", mlp);
            yield return Matrix(block + "mlp.c_proj.weight", mlp, width);
            yield return Plain(block + "mlp.c_proj.bias", width);
        }

        yield return Plain("ln_f.weight", width);
        yield return Plain("ln_f.bias", width);
        if (!config.TieHead)
        {
            yield return new ModelTensor(Head, Head, [config.VocabularySize, width]);
        }
    }

    /// <inheritdoc/>
    internal override bool IsBuffer(string name) => MaskBuffer().IsMatch(name);

    /// <inheritdoc/>
    internal override void CheckRepresentable(GptConfig config)
    {
        if (!config.Bias || !config.QkvBias || !config.MlpBias)
        {
            throw new ConfigurationException(
                "a model without biases (model.bias) cannot be stored as a Hugging Face GPT-2, which always has them.", "model.bias");
        }

        if (config.Positions != PositionEncoding.Learned)
        {
            throw new ConfigurationException(
                "a model without learned positions (model.positions) cannot be stored as a Hugging Face GPT-2, which always has them.",
                "model.positions");
        }

        Refuse(
            "GPT-2",
            (config.Norm != NormKind.LayerNorm, "RMSNorm", "model.norm"),
            (config.HeadSize * config.HeadCount != config.Width, "a head size of its own", "model.head_size"),
            (config.KeyHeadCount != config.HeadCount, "fewer key heads than heads", "model.kv_heads"),
            (config.Activation.IsGated(), "gates", "model.activation"),
            (config.QkNorm, "QK-norm", "model.qk_norm"),
            (config.Parallel, "parallel blocks", "model.parallel"),
            (config.Window is not null, "a window", "model.window"),
            (config.DocumentToken is not null, "document masking", "model.document_mask"),
            (config.AttentionCap > 0, "capped attention scores", "model.attention_cap"),
            (config.LogitCap > 0, "capped logits", "model.logit_cap"));
    }

    private ModelTensor Plain(string name, params long[] shape) => new(Prefix + name, name, shape);

    private ModelTensor Matrix(string name, long inputs, long outputs) => new(Prefix + name, name, [inputs, outputs], IsTransposed: true);

    /// <summary>The causal mask, which files of old versions of transformers hold.</summary>
    [GeneratedRegex(@"^(transformer\.)?h\.\d+\.attn\.(masked_)?bias$")]
    private static partial Regex MaskBuffer();
}
