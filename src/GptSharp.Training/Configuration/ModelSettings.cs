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
        Make("heads", "Attention heads per block; divides channels.",
            Count, s => s.HeadCount, (s, value) => s with { HeadCount = value }),
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
        Make("tie_head", "Whether the vocabulary head shares the token embedding's matrix.",
            new FlagFormat(), s => s.TieHead, (s, value) => s with { TieHead = value }),
        Make("positions", "Position vectors: trained, or fixed sines and cosines.",
            ChoiceFormat.Of<PositionEncoding>(), s => s.Positions, (s, value) => s with { Positions = value }),
        Make("gelu", "Formula of the activation: the tanh approximation of GPT-2, or the exact one.",
            ChoiceFormat.Of<GeluForm>(), s => s.Gelu, (s, value) => s with { Gelu = value }),
        Make("layer_norm_epsilon", "Added to the variance in LayerNorm.",
            NumberFormat.Positive, s => s.LayerNormEpsilon, (s, value) => s with { LayerNormEpsilon = value }),
    ];

    private static Setting<T> Make<T>(
        string name, string help, ValueFormat<T> format,
        Func<ModelSection, T> read, Func<ModelSection, T, ModelSection> write, ResumeRule resume = Fixed) =>
        new("model." + name, help, resume, format,
            config => read(config.Model),
            (config, value) => config with { Model = write(config.Model, value) });
}
