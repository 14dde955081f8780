namespace GptSharp.Tensors;

/// <summary>Which attention: its heads, what a query may see, and what is done to the scores before the softmax.</summary>
/// <param name="HeadCount">H, query heads.</param>
/// <param name="KeyHeadCount">
/// G, key and value heads, a divisor of H: query head h reads key head h / (H / G). As many as query heads: multi-head attention; one:
/// multi-query (Shazeer 2019, arXiv:1911.02150); between: grouped-query (Ainslie et al. 2023, arXiv:2305.13245).
/// </param>
public readonly record struct AttentionForm(int HeadCount, int KeyHeadCount)
{
    /// <summary>Multi-head attention without further options, as in GPT-2.</summary>
    public AttentionForm(int headCount)
        : this(headCount, headCount)
    {
    }

    /// <summary>W: a query sees its own position and the W - 1 before it (Beltagy et al. 2020, arXiv:2004.05150); 0 for all before it.</summary>
    public int Window { get; init; }

    /// <summary>c: a score s becomes c tanh(s / c), so that none exceeds c (Gemma Team 2024, arXiv:2408.00118); 0 leaves scores alone.</summary>
    public double SoftCap { get; init; }

    /// <summary>
    /// Adds -m (i - j) to the score of query i and key j, with a slope m per head (Press et al. 2022, arXiv:2108.12409); see
    /// <see cref="AlibiSlope"/>.
    /// </summary>
    public bool Alibi { get; init; }

    /// <summary>H / G, query heads that share one key head.</summary>
    public int GroupSize => HeadCount / KeyHeadCount;

    /// <summary>
    /// ALiBi's slope of one head: 2^(-8 (h + 1) / n) for the first n heads, n the largest power of two up to H; the heads that are left
    /// get every second slope of the series for 2 n heads.
    /// </summary>
    public double AlibiSlope(int head)
    {
        int power = 1 << int.Log2(HeadCount);
        return head < power
            ? Math.Pow(2, -8.0 * (head + 1) / power)
            : Math.Pow(2, -8.0 * ((2 * (head - power)) + 1) / (2 * power));
    }

    /// <summary>D, given the width (H + 2 G) D of packed queries, keys and values; 0 if the heads do not divide it.</summary>
    public int HeadSize(int packedWidth)
    {
        int heads = HeadCount + (2 * KeyHeadCount);
        return HeadCount > 0 && KeyHeadCount > 0 && packedWidth % heads == 0 ? packedWidth / heads : 0;
    }

    /// <summary>Refuses forms that mean nothing, and tensors that do not fit.</summary>
    /// <exception cref="TensorException">The sentence names what does not fit.</exception>
    internal void Check(string op, Tensor qkv, Tensor documentStarts)
    {
        if (qkv.Shape.Rank != 3 || HeadSize(qkv.Shape.Last) == 0)
        {
            throw new TensorException(HeadCount == KeyHeadCount
                ? $"{op}: qkv {qkv.Shape} is not (B, T, 3 x {HeadCount} heads x D)."
                : $"{op}: qkv {qkv.Shape} is not (B, T, ({HeadCount} + 2 x {KeyHeadCount}) heads x D).");
        }

        if (HeadCount % KeyHeadCount != 0)
        {
            throw new TensorException($"{op}: {KeyHeadCount} key heads do not divide {HeadCount} query heads.");
        }

        if (Window < 0 || !(SoftCap >= 0 && double.IsFinite(SoftCap)))
        {
            throw new TensorException($"{op}: a window of {Window} and a soft cap of {SoftCap} are not both 0 or more.");
        }

        if (!documentStarts.IsNone && documentStarts.Shape != new Shape(qkv.Shape[0], qkv.Shape[1]))
        {
            throw new TensorException(
                $"{op}: qkv {qkv.Shape} needs document starts ({qkv.Shape[0]}, {qkv.Shape[1]}), not {documentStarts.Shape}.");
        }
    }
}
