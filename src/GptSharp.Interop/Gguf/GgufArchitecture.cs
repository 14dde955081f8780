using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop.Gguf;

/// <summary>
/// The architectures of llama.cpp that a <see cref="Gpt"/> can be: names as in <c>general.architecture</c>. Mistral is llama there, without its
/// window.
/// </summary>
internal sealed record GgufArchitecture(string Name)
{
    public static readonly GgufArchitecture Gpt2 = new("gpt2");

    /// <summary>Rotary embedding turns neighbouring channels: the two halves of each query and key head are interleaved in the file.</summary>
    public static readonly GgufArchitecture Llama = new("llama");

    /// <summary>Llama with biases of queries, keys and values alone.</summary>
    public static readonly GgufArchitecture Qwen2 = new("qwen2");

    /// <summary>Llama with QK-norm.</summary>
    public static readonly GgufArchitecture Qwen3 = new("qwen3");

    public static IReadOnlyList<GgufArchitecture> All { get; } = [Gpt2, Llama, Qwen2, Qwen3];

    /// <summary>Whether it has position embeddings and LayerNorms with biases rather than rotary embedding and RMSNorms.</summary>
    public bool IsGpt2 => this == Gpt2;

    /// <summary>Whether channels i and i + D / 2 of a head, which form a pair here, are neighbours in the file.</summary>
    public bool InterleavesPairs => this == Llama;

    /// <summary>The architecture that computes what a model of this shape computes.</summary>
    /// <exception cref="ConfigurationException">llama.cpp has none; the sentence names what it lacks.</exception>
    public static GgufArchitecture Of(GptConfig config)
    {
        Refuse(
            (config.Parallel, "parallel blocks", "model.parallel"),
            (config.Window < config.BlockSize, "a window", "model.window"),
            (config.DocumentToken is not null, "document masking", "model.document_mask"),
            (config.AttentionCap > 0, "capped attention scores", "model.attention_cap"),
            (config.LogitCap > 0, "capped logits", "model.logit_cap"));
        return config.Norm == NormKind.LayerNorm ? CheckGpt2(config) : CheckLlama(config);
    }

    private static GgufArchitecture CheckGpt2(GptConfig config)
    {
        Refuse(
            (config.Positions != PositionEncoding.Learned, "LayerNorm and other positions than learned ones", "model.positions"),
            (!config.Bias || !config.QkvBias || !config.MlpBias, "LayerNorm and no biases", "model.bias"),
            (config.HeadSize * config.HeadCount != config.Width, "LayerNorm and a head size of its own", "model.head_size"),
            (config.KeyHeadCount != config.HeadCount, "LayerNorm and fewer key heads than heads", "model.kv_heads"),
            (config.Activation != MlpActivation.Gelu, "LayerNorm and another activation than GELU", "model.activation"),
            (config.Gelu != GeluForm.Tanh, "another GELU than the tanh form", "model.gelu"),
            (config.QkNorm, "LayerNorm and QK-norm", "model.qk_norm"));
        return Gpt2;
    }

    private static GgufArchitecture CheckLlama(GptConfig config)
    {
        Refuse(
            (config.Positions != PositionEncoding.Rope, "RMSNorm and other positions than rope", "model.positions"),
            (config.RopeWidth != config.HeadSize, "a part of each head turned", "model.rope_width"),
            (config.Rope.Scaling == RopeScaling.Ntk, "a fixed NTK scaling", "model.rope_scaling"),
            (config.Activation != MlpActivation.Swiglu, "RMSNorm and another activation than SwiGLU", "model.activation"),
            (config.QkNorm && (config.QkvBias || config.Bias || config.MlpBias), "QK-norm and biases", "model.bias"));
        GgufArchitecture architecture = config.QkNorm ? Qwen3 : config.QkvBias && !config.Bias && !config.MlpBias ? Qwen2 : Llama;
        Refuse((
            config.Rope.Pairing != RopePairing.RotateHalf && !architecture.InterleavesPairs,
            $"interleaved pairs and what makes it a {architecture.Name}", "model.rope_pairing"));
        return architecture;
    }

    private static void Refuse(params IEnumerable<(bool IsSet, string What, string Key)> options)
    {
        foreach ((bool isSet, string what, string key) in options)
        {
            if (isSet)
            {
                throw new ConfigurationException(
                    $"a model with {what} ({key}) cannot be written as GGUF: llama.cpp computes no such gpt2, llama, qwen2 or qwen3.", key);
            }
        }
    }
}
