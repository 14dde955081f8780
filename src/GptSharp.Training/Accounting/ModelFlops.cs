using System.Globalization;
using GptSharp.Nn;

namespace GptSharp.Training.Accounting;

/// <summary>
/// The floating-point operations of matrix products that training a model asks for, per token, by formula: 6 N + 12 L H D T. N are the
/// weights of the linear layers and of the vocabulary head, tied or not, once; looking a token up and adding a bias are no matrix products.
/// Forward takes 2 per weight and token, backward 4; attention's scores and mixtures 4 H D per pair of positions forward and 8 backward,
/// over all T positions, as if nothing were masked, or over those that a window reaches (Chowdhery et al. 2022, arXiv:2204.02311,
/// appendix B).
/// </summary>
public sealed class ModelFlops
{
    private readonly GptConfig _config;

    /// <summary>Counts.</summary>
    /// <param name="config">The model.</param>
    /// <param name="length">T, tokens of a training sequence; null for the whole block.</param>
    public ModelFlops(GptConfig config, int? length = null)
    {
        _config = config;
        long mixed = (long)config.HeadCount * config.HeadSize;
        long mlp = (long)config.Width * config.MlpWidth * (config.Activation.IsGated() ? 3 : 2);
        long block = ((long)config.Width * config.PackedWidth) + (mixed * config.Width) + mlp;
        Weights = (config.LayerCount * block) + ((long)config.VocabularySize * config.Width);
        Positions = Math.Min(length ?? config.BlockSize, config.Window ?? int.MaxValue);
        OfWeights = 6 * Weights;
        OfAttention = 12 * config.LayerCount * mixed * Positions;
    }

    /// <summary>N, weights of matrix products.</summary>
    public long Weights { get; }

    /// <summary>T, or the window where it is shorter.</summary>
    public int Positions { get; }

    /// <summary>6 N.</summary>
    public long OfWeights { get; }

    /// <summary>12 L H D T.</summary>
    public long OfAttention { get; }

    /// <summary>Operations per token, forward and backward.</summary>
    public long PerToken => OfWeights + OfAttention;

    /// <summary>The sum with its numbers: <c>6 x 123,532,032 + 12 x 12 x 768 x 1,024</c>.</summary>
    public string Formula => string.Create(
        CultureInfo.InvariantCulture,
        $"6 x {Weights:N0} + 12 x {_config.LayerCount} x {_config.HeadCount * _config.HeadSize:N0} x {Positions:N0}");
}
