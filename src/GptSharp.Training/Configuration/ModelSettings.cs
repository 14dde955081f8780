using GptSharp.Nn;
using GptSharp.Tensors;
using static GptSharp.Training.Configuration.ResumeRule;
using static GptSharp.Training.Configuration.WholeFormat;

namespace GptSharp.Training.Configuration;

/// <summary>Keys of <c>model:</c>. The preset stands first, so that the keys after it refine it whatever their order in the file.</summary>
internal static class ModelSettings
{
    public static IReadOnlyList<Setting> All { get; } =
    [
        // The shape's own keys are compared on resume; which name it came from does not matter.
        Make("preset", "Published shape to start from (see `gptsharp info`); the other keys of this section refine it.",
            new OptionalTextFormat("the name of a preset", "none"), s => s.Preset, (s, name) => name is null ? s : s.From(GptPresets.Find(name)), Free),
        Make("layers", "Transformer blocks.",
            Count, s => s.LayerCount, (s, value) => s with { LayerCount = value }),
        Make("heads", "Attention heads per block; divides channels unless head_size is given.",
            Count, s => s.HeadCount, (s, value) => s with { HeadCount = value }),
        Make("kv_heads", "Heads of keys and values, each shared by several heads; divides heads. auto is as many as heads, 1 is multi-query attention.",
            CountOr("auto"), s => s.KeyHeadCount, (s, value) => s with { KeyHeadCount = value }),
        Make("head_size", "Channels per head; auto is channels over heads.",
            CountOr("auto"), s => s.HeadSize, (s, value) => s with { HeadSize = value }),
        Make("channels", "Width of the residual stream.",
            Count, s => s.Width, (s, value) => s with { Width = value }),
        Make("mlp", "Hidden width of the MLP; auto is four times channels.",
            CountOr("auto"), s => s.MlpWidth, (s, value) => s with { MlpWidth = value }),
        Make("block", "Longest sequence that the model sees at once, in tokens.",
            Count, s => s.BlockSize, (s, value) => s with { BlockSize = value }),
        Make("vocabulary", "Tokens that the model knows; auto is as many as the data set has.",
            CountOr("auto"), s => s.VocabularySize, (s, value) => s with { VocabularySize = value }),
        Make("dropout", "Probability of dropping an activation while training.",
            NumberFormat.Share, s => s.Dropout, (s, value) => s with { Dropout = value }),
        Make("bias", "Whether linear layers and LayerNorms have biases.",
            new FlagFormat(), s => s.Bias, (s, value) => s with { Bias = value }),
        Make("mlp_bias", "Whether the layers of the MLP have biases; auto is as bias says.",
            new OptionalFormat<bool>(new FlagFormat(), "auto"), s => s.MlpBias, (s, value) => s with { MlpBias = value }),
        Make("qkv_bias", "Whether queries, keys and values have biases; auto is as bias says. Qwen 2 has these alone.",
            new OptionalFormat<bool>(new FlagFormat(), "auto"), s => s.QkvBias, (s, value) => s with { QkvBias = value }),
        Make("tie_head", "Whether the vocabulary head shares the token embedding's matrix.",
            new FlagFormat(), s => s.TieHead, (s, value) => s with { TieHead = value }),
        Make("norm", "Norm before attention, MLP and head; rmsnorm, without mean and bias, is Llama's.",
            new ChoiceFormat<NormKind>([("layernorm", NormKind.LayerNorm), ("rmsnorm", NormKind.RMSNorm)]),
            s => s.Norm, (s, value) => s with { Norm = value }),
        Make("layer_norm_epsilon", "Added to the variance in LayerNorm, to the mean square in RMSNorm.",
            NumberFormat.Positive, s => s.LayerNormEpsilon, (s, value) => s with { LayerNormEpsilon = value }),
        Make("qk_norm", "RMSNorm of every query and key head, which keeps attention scores small.",
            new FlagFormat(), s => s.QkNorm, (s, value) => s with { QkNorm = value }),
        Make("parallel", "Attention and MLP of a block read one shared norm, as in GPT-J and PaLM, instead of one after the other.",
            new FlagFormat(), s => s.Parallel, (s, value) => s with { Parallel = value }),
        Make("activation", "Between the MLP's two layers: a function, or a gated unit (glu, bilinear, geglu, swiglu, reglu), whose first layer is twice as wide.",
            ChoiceFormat.Of<MlpActivation>(), s => s.Activation, (s, value) => s with { Activation = value }),
        Make("gelu", "Formula of gelu and geglu: the tanh approximation of GPT-2, or the exact one.",
            ChoiceFormat.Of<GeluForm>(), s => s.Gelu, (s, value) => s with { Gelu = value }),
        Make("positions", "How positions are told apart: trained vectors, fixed sines and cosines, turned queries and keys (rope), scores that fall with "
            + "the distance (alibi), or by the causal mask alone.",
            ChoiceFormat.Of<PositionEncoding>(), s => s.Positions, (s, value) => s with { Positions = value }),
        .. RopeSettings.All,
        Make("window", "How many positions each one sees, itself included; none is all before it.",
            CountOr("none"), s => s.Window, (s, value) => s with { Window = value }),
        Make("document_mask", "Whether a position sees nothing before its own document, which data.separator begins.",
            new FlagFormat(), s => s.DocumentMask, (s, value) => s with { DocumentMask = value }),
        Make("attention_cap", "Bounds attention scores s as c tanh(s / c); 0 leaves them alone. Gemma 2 has 50.",
            NumberFormat.NotNegative, s => s.AttentionCap, (s, value) => s with { AttentionCap = value }),
        Make("logit_cap", "Bounds logits z as c tanh(z / c); 0 leaves them alone. Gemma 2 has 30.",
            NumberFormat.NotNegative, s => s.LogitCap, (s, value) => s with { LogitCap = value }),
        Make("z_loss", "Weight of the squared logarithm of the softmax's denominator in the training loss; PaLM has 1e-4.",
            NumberFormat.NotNegative, s => s.ZLoss, (s, value) => s with { ZLoss = value }),
    ];

    internal static Setting<T> Make<T>(
        string name, string help, ValueFormat<T> format,
        Func<ModelSection, T> read, Func<ModelSection, T, ModelSection> write, ResumeRule resume = Fixed) =>
        new("model." + name, help, resume, format,
            config => read(config.Model),
            (config, value) => config with { Model = write(config.Model, value) });
}
