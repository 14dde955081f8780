using GptSharp.Nn;

namespace GptSharp.Cli.Bench;

/// <summary>A model and a batch that training steps are measured with.</summary>
/// <param name="Name">What results call it.</param>
/// <param name="Model">The model.</param>
/// <param name="BatchSize">B, sequences per step.</param>
internal sealed record StepShape(string Name, GptConfig Model, int BatchSize)
{
    /// <summary>
    /// All of them: nanoGPT's character model for a CPU (W2), the quickstart, nanoGPT's character model for a GPU (W3), and GPT-2 124M with
    /// 4 sequences of 64 tokens (W1).
    /// </summary>
    public static IReadOnlyList<StepShape> All { get; } =
    [
        new("W2", Config(layers: 4, heads: 4, channels: 128, block: 64, vocabulary: 65), 12),
        new("quickstart", Config(layers: 3, heads: 4, channels: 128, block: 256, vocabulary: 64), 8),
        new("W3", Config(layers: 6, heads: 6, channels: 384, block: 256, vocabulary: 65), 16),
        new("W1", Config(layers: 12, heads: 12, channels: 768, block: 64, vocabulary: 50257) with { BlockSize = 1024 }, 4) { SequenceLength = 64 },
    ];

    /// <summary>T, tokens of a sequence.</summary>
    public int SequenceLength { get; init; } = Model.BlockSize;

    /// <summary>B T.</summary>
    public int TokensPerStep => BatchSize * SequenceLength;

    /// <summary>
    /// Floating-point operations that one step needs: 2 per weight of the linear layers and token forward and 4 backward; 2 T C per
    /// token and layer for the causal half of attention forward and 5 T C backward. Padding and everything else is not counted.
    /// </summary>
    public double FlopsPerStep
    {
        get
        {
            double width = Model.Width;
            double weightsPerLayer = (4 * width * width) + (2 * width * Model.MlpWidth);
            double weights = (Model.LayerCount * weightsPerLayer) + (Model.VocabularySize * width);
            double attention = Model.LayerCount * 7 * width * SequenceLength;
            return TokensPerStep * ((6 * weights) + attention);
        }
    }

    private static GptConfig Config(int layers, int heads, int channels, int block, int vocabulary) => new()
    {
        LayerCount = layers,
        HeadCount = heads,
        Width = channels,
        BlockSize = block,
        VocabularySize = vocabulary,
    };
}
