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

    /// <summary>G, heads of keys and values; null for as many as heads.</summary>
    public int? KeyHeadCount { get; init; }

    /// <summary>D, channels per head; null for C / H.</summary>
    public int? HeadSize { get; init; }

    /// <summary>C, channels of the residual stream.</summary>
    public int Width { get; init; } = 128;

    /// <summary>F, hidden width of the MLP; null for 4 C.</summary>
    public int? MlpWidth { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int BlockSize { get; init; } = 128;

    /// <summary>Tokens that the model knows; null for as many as the data set has.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>Dropout probability.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether linear layers and LayerNorms have biases.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Whether queries, keys and values have biases; null for as <see cref="Bias"/>.</summary>
    public bool? QkvBias { get; init; }

    /// <summary>Whether the MLP's layers have biases; null for as <see cref="Bias"/>.</summary>
    public bool? MlpBias { get; init; }

    /// <summary>Whether the head shares the token embedding's matrix.</summary>
    public bool TieHead { get; init; } = true;

    /// <summary>How positions are told apart.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Learned;

    /// <summary>The options of rotary positions.</summary>
    public RopeConfig Rope { get; init; } = new();

    /// <summary>W, positions that each one sees, itself included; null for all before it.</summary>
    public int? Window { get; init; }

    /// <summary>Whether a position sees nothing before the document that it stands in.</summary>
    public bool DocumentMask { get; init; }

    /// <summary>What stands between the two layers of the MLP.</summary>
    public MlpActivation Activation { get; init; } = MlpActivation.Gelu;

    /// <summary>Which GELU the MLP uses, where it uses one.</summary>
    public GeluForm Gelu { get; init; } = GeluForm.Tanh;

    /// <summary>Which norm.</summary>
    public NormKind Norm { get; init; } = NormKind.LayerNorm;

    /// <summary>Added to the variance, or for RMSNorm to the mean square.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether every query and key head has a norm of its own.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Whether attention and MLP of a block read one shared norm.</summary>
    public bool Parallel { get; init; }

    /// <summary>Bound of attention scores; 0 for none.</summary>
    public double AttentionCap { get; init; }

    /// <summary>Bound of logits; 0 for none.</summary>
    public double LogitCap { get; init; }

    /// <summary>Weight of the squared log-partition in the training loss; 0 for none.</summary>
    public double ZLoss { get; init; }

    /// <summary>This section with a preset's shape in place of its own; vocabulary and dropout stay.</summary>
    /// <param name="preset">The preset.</param>
    /// <returns>The changed section.</returns>
    public ModelSection From(GptPreset preset)
    {
        ArgumentNullException.ThrowIfNull(preset);
        return From(preset.Config) with { Preset = preset.Name, VocabularySize = VocabularySize, Dropout = Dropout };
    }

    /// <summary>This section with the shape of a model that exists, vocabulary and dropout included, in place of its own.</summary>
    /// <param name="shape">The model's shape.</param>
    /// <returns>The changed section.</returns>
    public ModelSection From(GptConfig shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return this with
        {
            VocabularySize = shape.VocabularySize,
            Dropout = shape.Dropout,
            LayerCount = shape.LayerCount,
            HeadCount = shape.HeadCount,
            KeyHeadCount = shape.KeyHeadCount == shape.HeadCount ? null : shape.KeyHeadCount,
            HeadSize = shape.HeadSize * shape.HeadCount == shape.Width ? null : shape.HeadSize,
            Width = shape.Width,
            MlpWidth = shape.MlpWidth == 4L * shape.Width ? null : shape.MlpWidth,
            BlockSize = shape.BlockSize,
            Bias = shape.Bias,
            QkvBias = shape.QkvBias == shape.Bias ? null : shape.QkvBias,
            MlpBias = shape.MlpBias == shape.Bias ? null : shape.MlpBias,
            TieHead = shape.TieHead,
            Positions = shape.Positions,
            Rope = shape.Rope,
            Window = shape.Window,
            DocumentMask = shape.DocumentToken is not null,
            Activation = shape.Activation,
            Gelu = shape.Gelu,
            Norm = shape.Norm,
            LayerNormEpsilon = shape.LayerNormEpsilon,
            QkNorm = shape.QkNorm,
            Parallel = shape.Parallel,
            AttentionCap = shape.AttentionCap,
            LogitCap = shape.LogitCap,
            ZLoss = shape.ZLoss,
        };
    }

    /// <summary>The model's shape for a data set.</summary>
    /// <param name="dataVocabularySize">Tokens in the data set's vocabulary.</param>
    /// <param name="separator">The token that begins the data set's documents; null if it has none.</param>
    /// <returns>The configuration, validated.</returns>
    /// <exception cref="ConfigurationException">
    /// The shape is impossible, its vocabulary is smaller than the data set's, or it needs documents where there are none.
    /// </exception>
    public GptConfig ToGptConfig(int dataVocabularySize, int? separator = null)
    {
        if (DocumentMask && separator is null)
        {
            throw new ConfigurationException(
                "model.document_mask needs data.separator, the text of the token that begins each document; only the built-in stories, and data sets prepared with a separator, have one without it.",
                "model.document_mask");
        }

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
            Rope = Rope,
            Window = Window,
            DocumentToken = DocumentMask ? separator : null,
            Activation = Activation,
            Gelu = Gelu,
            Norm = Norm,
            LayerNormEpsilon = LayerNormEpsilon,
            QkNorm = QkNorm,
            Parallel = Parallel,
            AttentionCap = AttentionCap,
            LogitCap = LogitCap,
            ZLoss = ZLoss,
        };

        // These follow other values unless set.
        config = MlpWidth is { } mlp ? config with { MlpWidth = mlp } : config;
        config = KeyHeadCount is { } keyHeads ? config with { KeyHeadCount = keyHeads } : config;
        config = HeadSize is { } headSize ? config with { HeadSize = headSize } : config;
        config = QkvBias is { } qkvBias ? config with { QkvBias = qkvBias } : config;
        config = MlpBias is { } mlpBias ? config with { MlpBias = mlpBias } : config;
        return config.Validate();
    }
}
