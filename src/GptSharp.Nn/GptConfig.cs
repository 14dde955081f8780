using GptSharp.Tensors;

namespace GptSharp.Nn;

/// <summary>
/// The shape of a <c>Gpt</c>: GPT-2's architecture (pre-norm blocks of masked self-attention and a GELU MLP; Radford et al. 2019) unless
/// its options say otherwise. Immutable; two configurations are equal when every model built from them would be.
/// </summary>
public sealed partial record GptConfig
{
    /// <summary>The vocabulary head is computed on a multiple of this many tokens, so that matrix kernels meet no ragged edge.</summary>
    public const int VocabularyPadding = 64;

    private readonly int? _mlpWidth;
    private readonly int? _headSize;
    private readonly int? _keyHeadCount;
    private readonly bool? _qkvBias;
    private readonly bool? _mlpBias;

    /// <summary>V, number of tokens. The padding of <see cref="PaddedVocabularySize"/> is not part of it.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest sequence that the model sees at once, in tokens.</summary>
    public required int BlockSize { get; init; }

    /// <summary>L, number of transformer blocks.</summary>
    public required int LayerCount { get; init; }

    /// <summary>H, attention heads per block; divides <see cref="Width"/> unless <see cref="HeadSize"/> is set.</summary>
    public required int HeadCount { get; init; }

    /// <summary>
    /// G, heads of keys and values, each shared by H / G query heads: H unless set (multi-head attention); 1 is multi-query, a number between
    /// grouped-query attention (Ainslie et al. 2023, arXiv:2305.13245).
    /// </summary>
    public int KeyHeadCount
    {
        get => _keyHeadCount ?? HeadCount;
        init => _keyHeadCount = value;
    }

    /// <summary>D, channels per head; C / H unless set.</summary>
    public int HeadSize
    {
        get => _headSize ?? (Width / Math.Max(1, HeadCount));
        init => _headSize = value;
    }

    /// <summary>C, channels of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>F, hidden width of the MLP; 4 C unless set.</summary>
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

    /// <summary>Whether queries, keys and values have biases; as <see cref="Bias"/> unless set. Qwen 2 has these and no others.</summary>
    public bool QkvBias
    {
        get => _qkvBias ?? Bias;
        init => _qkvBias = value;
    }

    /// <summary>Whether the linear layers of the MLP have biases; as <see cref="Bias"/> unless set.</summary>
    public bool MlpBias
    {
        get => _mlpBias ?? Bias;
        init => _mlpBias = value;
    }

    /// <summary>Which norm.</summary>
    public NormKind Norm { get; init; } = NormKind.LayerNorm;

    /// <summary>Added to the variance, or for RMSNorm to the mean square, in every norm.</summary>
    public double LayerNormEpsilon { get; init; } = 1e-5;

    /// <summary>Whether every query and key head goes through an RMSNorm of its own before scores are computed (Dehghani et al. 2023, arXiv:2302.05442).</summary>
    public bool QkNorm { get; init; }

    /// <summary>Whether attention and MLP of a block read one shared norm and are both added to the residual stream.</summary>
    public bool Parallel { get; init; }

    /// <summary>What stands between the two linear layers of the MLP.</summary>
    public MlpActivation Activation { get; init; } = MlpActivation.Gelu;

    /// <summary>Which formula of GELU the MLP uses, where it uses one.</summary>
    public GeluForm Gelu { get; init; } = GeluForm.Tanh;

    /// <summary>Probability of dropping an element of the embedding, of the attention weights and of each residual branch; 0 to below 1.</summary>
    public double Dropout { get; init; }

    /// <summary>How positions are told apart.</summary>
    public PositionEncoding Positions { get; init; } = PositionEncoding.Learned;

    /// <summary>The options of <see cref="PositionEncoding.Rope"/>.</summary>
    public RopeConfig Rope { get; init; } = new();

    /// <summary>W: a position sees itself and the W - 1 before it (Beltagy et al. 2020, arXiv:2004.05150); null for all before it.</summary>
    public int? Window { get; init; }

    /// <summary>
    /// The token that begins a document: no position sees what stands before the last such token up to it. Positions count on. Null: all
    /// tokens of a sequence are one document.
    /// </summary>
    public int? DocumentToken { get; init; }

    /// <summary>c: attention scores s become c tanh(s / c) (Gemma Team 2024, arXiv:2408.00118); 0 leaves them alone.</summary>
    public double AttentionCap { get; init; }

    /// <summary>c: the logits z become c tanh(z / c); 0 leaves them alone.</summary>
    public double LogitCap { get; init; }

    /// <summary>
    /// Weight of the squared log of the softmax's denominator, which training adds to the loss (Chowdhery et al. 2022, arXiv:2204.02311,
    /// section 5); 0 for none.
    /// </summary>
    public double ZLoss { get; init; }

    /// <summary>R, channels of a head that rotary embedding turns.</summary>
    public int RopeWidth => Rope.Width ?? HeadSize;

    /// <summary>(H + 2 G) D, outputs of the linear layer that makes queries, keys and values.</summary>
    public int PackedWidth => checked((HeadCount + (2 * KeyHeadCount)) * HeadSize);

    /// <summary><see cref="VocabularySize"/> rounded up to a multiple of <see cref="VocabularyPadding"/>.</summary>
    public int PaddedVocabularySize => checked((VocabularySize + VocabularyPadding - 1) / VocabularyPadding * VocabularyPadding);

    private object Values => (
        (VocabularySize, BlockSize, LayerCount, HeadCount, KeyHeadCount, HeadSize, Width, MlpWidth),
        ((TieHead, Bias, QkvBias, MlpBias), Norm, LayerNormEpsilon, QkNorm, Parallel, Dropout, Activation, Gelu),
        (Positions, Rope with { Width = RopeWidth }, Window, DocumentToken, AttentionCap, LogitCap, ZLoss));

    /// <summary>Compares the values, with <see cref="MlpWidth"/> as it results rather than as it was set.</summary>
    /// <param name="other">The other configuration.</param>
    /// <returns>Whether every value is equal.</returns>
    public bool Equals(GptConfig? other) => other is not null && Values.Equals(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => Values.GetHashCode();
}
