using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Training.Configuration;

/// <summary>The <c>model:</c> section: a <see cref="GptConfig"/> whose vocabulary may still be open.</summary>
public sealed record ModelSection
{
    /// <summary>Name of the preset that the shape started from, or null. The other values already include it.</summary>
    public string? Preset { get; init; }

    /// <summary>L, transformer blocks.</summary>
    public int LayerCount { get; init; } = 4;

    /// <summary>H, attention heads per block.</summary>
    public int HeadCount { get; init; } = 4;

    /// <summary>C, channels of the residual stream.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Hidden width of the MLP; null for 4 C.</summary>
    public int? MlpWidth { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int BlockSize { get; init; } = 128;

    /// <summary>Tokens that the model knows; null for as many as the data set has.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>Dropout probability.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether linear layers and LayerNorms have biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether the head shares the token embedding's matrix.</summary>
    public bool TieHead { get; init; } = true;

    /// <summary>How positions are told apart.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Learned;

    /// <summary>Which GELU the MLP uses.</summary>
    public GeluForm Gelu { get; init; } = GeluForm.Tanh;

    /// <summary>Added to the variance in LayerNorm.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>This section with a preset's shape in place of its own; vocabulary and dropout stay.</summary>
    /// <param name="preset">The preset.</param>
    /// <returns>The changed section.</returns>
    public ModelSection From(GptPreset preset)
    {
        ArgumentNullException.ThrowIfNull(preset);
        GptConfig shape = preset.Config;
        return this with
        {
            Preset = preset.Name,
            LayerCount = shape.LayerCount,
            HeadCount = shape.HeadCount,
            Width = shape.Width,
            MlpWidth = null,
            BlockSize = shape.BlockSize,
            Bias = shape.Bias,
            TieHead = shape.TieHead,
            Positions = shape.Positions,
            Gelu = shape.Gelu,
            LayerNormEpsilon = shape.LayerNormEpsilon,
        };
    }

    /// <summary>The model's shape for a data set.</summary>
    /// <param name="dataVocabularySize">Tokens in the data set's vocabulary.</param>
    /// <returns>The configuration, validated.</returns>
    /// <exception cref="ConfigurationException">The shape is impossible, or its vocabulary is smaller than the data set's.</exception>
    public GptConfig ToGptConfig(int dataVocabularySize)
    {
        int vocabulary = VocabularySize ?? dataVocabularySize;
        if (vocabulary < dataVocabularySize)
        {
            throw new ConfigurationException(
                $"model.vocabulary ({vocabulary}) is smaller than the data set's vocabulary ({dataVocabularySize}); raise it or leave it out.",
                "model.vocabulary");
        }

        GptConfig config = new()
        {
            VocabularySize = vocabulary,
            BlockSize = BlockSize,
            LayerCount = LayerCount,
            HeadCount = HeadCount,
            Width = Width,
            Dropout = Dropout,
            Bias = Bias,
            TieHead = TieHead,
            Positions = Positions,
            Gelu = Gelu,
            LayerNormEpsilon = LayerNormEpsilon,
        };
        return (MlpWidth is { } width ? config with { MlpWidth = width } : config).Validate();
    }
}
