using GptSharp.Nn;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>A model and a batch that training steps are measured with.</summary>
/// <param name="Name">What results call it.</param>
/// <param name="Model">The model.</param>
/// <param name="BatchSize">B, sequences per step.</param>
public sealed record StepShape(string Name, GptConfig Model, int BatchSize)
{
    /// <summary>All of them: nanoGPT's character model for a CPU, the quickstart, and nanoGPT's character model for a GPU.</summary>
    public static IReadOnlyList<StepShape> All { get; } =
    [
        new("W2", Config(layers: 4, heads: 4, channels: 128, block: 64, vocabulary: 65), 12),
        new("quickstart", Config(layers: 3, heads: 4, channels: 128, block: 256, vocabulary: 64), 8),
        new("W3", Config(layers: 6, heads: 6, channels: 384, block: 256, vocabulary: 65), 16),
    ];

    /// <summary>B T.</summary>
    public int TokensPerStep => BatchSize * Model.BlockSize;

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
            double attention = Model.LayerCount * 7 * width * Model.BlockSize;
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
