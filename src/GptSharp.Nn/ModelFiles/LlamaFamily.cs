using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// One of the models that transformers lays out as a Llama: which options it has, and what it takes for keys that its <c>config.json</c> lacks.
/// </summary>
/// <param name="ModelType">The value of <c>model_type</c>.</param>
/// <param name="Title">Its name in sentences.</param>
/// <param name="Architecture">The class that <c>architectures</c> names.</param>
/// <param name="UsualKeyHeads">num_key_value_heads where the key is absent; null for as many as heads.</param>
/// <param name="UsualHeadSize">head_dim where the key is absent; null for hidden_size / num_attention_heads.</param>
internal sealed record LlamaFamily(string ModelType, string Title, string Architecture, int? UsualKeyHeads, int? UsualHeadSize)
{
    /// <summary>Llama: biases of attention, of the MLP, of both or none.</summary>
    public static LlamaFamily Llama { get; } = new("llama", "Llama", "LlamaForCausalLM", null, null);

    /// <summary>Mistral: a window, no biases.</summary>
    public static LlamaFamily Mistral { get; } = new("mistral", "Mistral", "MistralForCausalLM", 8, null);

    /// <summary>Qwen 2: biases of queries, keys and values always; a window if asked for.</summary>
    public static LlamaFamily Qwen2 { get; } = new("qwen2", "Qwen 2", "Qwen2ForCausalLM", 32, null);

    /// <summary>Qwen 3: norms of query and key heads; biases of attention and a window if asked for.</summary>
    public static LlamaFamily Qwen3 { get; } = new("qwen3", "Qwen 3", "Qwen3ForCausalLM", 32, 128);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<LlamaFamily> All { get; } = [Llama, Mistral, Qwen2, Qwen3];

    /// <summary>Whether <c>attention_bias</c> and <c>mlp_bias</c> are options of it.</summary>
    public (bool Attention, bool Mlp) HasBiasOptions => (this == Llama || this == Qwen3, this == Llama);

    /// <summary>The one that can hold a model.</summary>
    /// <exception cref="ConfigurationException">None can; the sentence names what has no place.</exception>
    public static LlamaFamily Of(GptConfig config)
    {
        ModelLayout.Refuse(
            "Llama, Mistral or Qwen",
            (config.Norm != NormKind.RMSNorm, "LayerNorm", "model.norm"),
            (config.Positions != PositionEncoding.Rope, "other positions than rope", "model.positions"),
            (config.Rope.Pairing != RopePairing.RotateHalf, "interleaved pairs", "model.rope_pairing"),
            (config.RopeWidth != config.HeadSize, "a part of each head turned", "model.rope_width"),
            (config.Rope.Scaling == RopeScaling.Ntk, "a fixed NTK scaling", "model.rope_scaling"),
            (!config.Activation.IsGated() || config.Activation is MlpActivation.Glu or MlpActivation.Bilinear, "such an activation", "model.activation"),
            (config.Parallel, "parallel blocks", "model.parallel"),
            (config.DocumentToken is not null, "document masking", "model.document_mask"),
            (config.AttentionCap > 0, "capped attention scores", "model.attention_cap"),
            (config.LogitCap > 0, "capped logits", "model.logit_cap"));
        LlamaFamily family = config.QkNorm ? Qwen3
            : config.QkvBias && !config.Bias && (!config.MlpBias || config.Window is not null) ? Qwen2
            : config.Window is not null ? Mistral
            : Llama;
        family.CheckBiases(config);
        return family;
    }

    private void CheckBiases(GptConfig config)
    {
        const string alone = "biases of queries, keys and values alone";
        (bool, string, string)[] options =
        [
            (this == Mistral && (config.Bias || config.QkvBias), "biases", config.Bias ? "model.bias" : "model.qkv_bias"),
            (this != Qwen2 && config.QkvBias != config.Bias, this == Llama ? alone : $"{alone}, or of all but those", "model.qkv_bias"),
            (this != Llama && config.MlpBias, "biases of the MLP", config.Bias ? "model.bias" : "model.mlp_bias"),
        ];
        ModelLayout.Refuse($"{Title} (which {Reason(config)})", options);
    }

    // Why this one of the four was taken.
    private string Reason(GptConfig config) => this == Llama ? "has no window, no QK-norm, and biases of all of attention or none"
        : this == Qwen3 ? "alone has QK-norm"
        : this == Qwen2 ? "alone has biases of queries, keys and values only"
        : $"alone has a window{(config.Bias ? "" : " and no biases")}";
}
