using System.Globalization;
using GptSharp.Tensors;

namespace GptSharp.Nn;

/// <summary>
/// The shape of a <c>Gpt</c>: GPT-2's architecture (pre-norm blocks of masked self-attention and a GELU MLP; Radford et al. 2019).
/// Immutable; two configurations are equal when every model built from them would be.
/// </summary>
public sealed record GptConfig
{
    /// <summary>The vocabulary head is computed on a multiple of this many tokens, so that matrix kernels meet no ragged edge.</summary>
    public const int VocabularyPadding = 64;

    private readonly int? _mlpWidth;

    /// <summary>V, number of tokens. The padding of <see cref="PaddedVocabularySize"/> is not part of it.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest sequence that the model sees at once, in tokens.</summary>
    public required int BlockSize { get; init; }

    /// <summary>L, number of transformer blocks.</summary>
    public required int LayerCount { get; init; }

    /// <summary>H, attention heads per block; divides <see cref="Width"/>.</summary>
    public required int HeadCount { get; init; }

    /// <summary>C, channels of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Hidden width of the MLP; 4 C unless set.</summary>
    public int MlpWidth
    {
        get => _mlpWidth ?? checked(4 * Width);
        init => _mlpWidth = value;
    }

    /// <summary>Whether the vocabulary head shares its matrix with the token embedding (Press and Wolf 2017, arXiv:1608.05859).</summary>
    public bool TieHead { get; init; } = true;

    /// <summary>
    /// Whether linear layers and LayerNorms inside the blocks, and the last LayerNorm, have biases. The vocabulary head never has one.
    /// </summary>
    public bool Bias { get; init; } = true;

    /// <summary>Probability of dropping an element of the embedding, of the attention weights and of each residual branch; 0 to below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>How positions are told apart.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Learned;

    /// <summary>Which formula of GELU the MLP uses.</summary>
    public GeluForm Gelu { get; init; } = GeluForm.Tanh;

    /// <summary>Added to the variance in every LayerNorm.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>D, channels per head.</summary>
    public int HeadSize => Width / HeadCount;

    /// <summary><see cref="VocabularySize"/> rounded up to a multiple of <see cref="VocabularyPadding"/>.</summary>
    public int PaddedVocabularySize => checked((VocabularySize + VocabularyPadding - 1) / VocabularyPadding * VocabularyPadding);

    private (int, int, int, int, int, int, bool, bool, double, PositionEncoding, GeluForm, double) Values =>
        (VocabularySize, BlockSize, LayerCount, HeadCount, Width, MlpWidth, TieHead, Bias, Dropout, Positions, Gelu, LayerNormEpsilon);

    /// <summary>Checks that a model of this shape can exist.</summary>
    /// <returns>This configuration, for chaining.</returns>
    /// <exception cref="ConfigurationException">
    /// A value is out of range or two contradict each other; the sentence names the key as a config file spells it.
    /// </exception>
    public GptConfig Validate()
    {
        RequirePositive("model.vocabulary", VocabularySize, int.MaxValue - VocabularyPadding);
        RequirePositive("model.block", BlockSize, int.MaxValue);
        RequirePositive("model.layers", LayerCount, int.MaxValue);
        RequirePositive("model.heads", HeadCount, int.MaxValue);
        RequirePositive("model.channels", Width, int.MaxValue / 4);
        RequirePositive("model.mlp", MlpWidth, int.MaxValue);
        if (Width % HeadCount != 0)
        {
            throw new ConfigurationException(
                $"model.heads ({HeadCount}) does not divide model.channels ({Width}): every head needs the same whole number of channels; "
                + $"{NearestDivisors()} would fit.",
                "model.heads");
        }

        if (!(Dropout >= 0 && Dropout < 1))
        {
            throw new ConfigurationException(
                $"model.dropout ({Text(Dropout)}) is not a probability from 0 to below 1; 0 switches dropout off.", "model.dropout");
        }

        if (!(LayerNormEpsilon > 0 && double.IsFinite(LayerNormEpsilon)))
        {
            throw new ConfigurationException(
                $"model.layer_norm_epsilon ({Text(LayerNormEpsilon)}) is not a positive number; GPT-2 uses 1e-5.", "model.layer_norm_epsilon");
        }

        return this;
    }

    /// <summary>Compares the values, with <see cref="MlpWidth"/> as it results rather than as it was set.</summary>
    /// <param name="other">The other configuration.</param>
    /// <returns>Whether every value is equal.</returns>
    public bool Equals(GptConfig? other) => other is not null && Values.Equals(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.GetHashCode();

    private static void RequirePositive(string key, int value, int largest)
    {
        if (value < 1)
        {
            throw new ConfigurationException($"{key} ({value}) is not a positive whole number; use 1 or more.", key);
        }

        if (value > largest)
        {
            throw new ConfigurationException($"{key} ({value}) is too large; the most that can be addressed is {largest}.", key);
        }
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private string NearestDivisors()
    {
        int below = Math.Min(HeadCount, Width);
        while (Width % below != 0)
        {
            below--;
        }

        int above = HeadCount;
        while (above < Width && Width % above != 0)
        {
            above++;
        }

        return above <= Width && Width % above == 0 && above != below ? $"{below} or {above}" : $"{below}";
    }
}
