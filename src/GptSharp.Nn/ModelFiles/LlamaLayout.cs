using System.Globalization;
using System.Text.RegularExpressions;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// The layout of Llama, Mistral, Qwen 2 and Qwen 3. Linear layers are (outputs, inputs), as here; queries, keys and values are three tensors, which a <see cref="Gpt"/>
/// has as rows of one; so are gates and what they gate.
/// </summary>
internal sealed partial class LlamaLayout : ModelLayout
{
    private const string Head = "lm_head.weight";

    /// <inheritdoc/>
    public override string Prefix => "model.";

    /// <inheritdoc/>
    internal override string Embedding => "embed_tokens.weight";

    /// <inheritdoc/>
    public override IEnumerable<ModelTensor> Tensors(GptConfig config)
    {
        (long width, long mlp) = (config.Width, config.MlpWidth);
        (long queries, long keys) = ((long)config.HeadCount * config.HeadSize, (long)config.KeyHeadCount * config.HeadSize);
        yield return new(Prefix + Embedding, "wte.weight", [config.VocabularySize, width]);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string theirs = string.Create(CultureInfo.InvariantCulture, $"{Prefix}layers.{layer}.");
            string ours = string.Create(CultureInfo.InvariantCulture, $"h.{layer}.");
            IEnumerable<ModelTensor>[] parts =
            [
                [new(theirs + "input_layernorm.weight", ours + "ln_1.weight", [width])],
                Rows("self_attn.q_proj", "attn.c_attn", queries, width, config.QkvBias, firstRow: 0),
                Rows("self_attn.k_proj", "attn.c_attn", keys, width, config.QkvBias, firstRow: queries),
                Rows("self_attn.v_proj", "attn.c_attn", keys, width, config.QkvBias, firstRow: queries + keys),
                HeadNorm("q_norm"),
                HeadNorm("k_norm"),
                Rows("self_attn.o_proj", "attn.c_proj", width, queries, config.Bias),
                [new(theirs + "post_attention_layernorm.weight", ours + "ln_2.weight", [width])],
                Rows("mlp.gate_proj", "mlp.c_fc", mlp, width, config.MlpBias, firstRow: 0),
                Rows("mlp.up_proj", "mlp.c_fc", mlp, width, config.MlpBias, firstRow: mlp),
                Rows("mlp.down_proj", "mlp.c_proj", width, mlp, config.MlpBias),
            ];
            foreach (ModelTensor tensor in parts.SelectMany(part => part))
            {
                yield return tensor;
            }

            IEnumerable<ModelTensor> HeadNorm(string name) => config.QkNorm
                ? [new($"{theirs}self_attn.{name}.weight", $"{ours}attn.{name}.weight", [config.HeadSize])]
                : [];

            IEnumerable<ModelTensor> Rows(string name, string parameter, long outputs, long inputs, bool bias, long firstRow = 0)
            {
                yield return new($"{theirs}{name}.weight", $"{ours}{parameter}.weight", [outputs, inputs], FirstRow: firstRow);
                if (bias)
                {
                    yield return new($"{theirs}{name}.bias", $"{ours}{parameter}.bias", [outputs], FirstRow: firstRow);
                }
            }
        }

        yield return new(Prefix + "norm.weight", "ln_f.weight", [width]);
        if (!config.TieHead)
        {
            yield return new(Head, Head, [config.VocabularySize, width]);
        }
    }

    /// <inheritdoc/>
    internal override bool IsBuffer(string name) => FrequencyBuffer().IsMatch(name);

    /// <inheritdoc/>
    internal override void CheckRepresentable(GptConfig config) => LlamaFamily.Of(config);

    /// <summary>The frequencies of rotary embedding, which files of old versions of transformers hold.</summary>
    [GeneratedRegex(@"^(model\.)?(layers\.\d+\.self_attn\.)?rotary_emb\.inv_freq$")]
    private static partial Regex FrequencyBuffer();
}
