namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Byte-level byte-pair encoding: a vocabulary of byte strings, merges in order, and the pattern that cuts a text into pieces. It never changes, so any
/// number of threads may use one. It knows nothing of special tokens: whoever does cuts them out of the text first.
/// Source: Sennrich, Haddow, Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016; byte-level as in GPT-2.
/// </summary>
public sealed class BpeModel
{
    private BpeModel(SplitPattern pattern, bool ignoresMerges) => (Pattern, IgnoresMerges) = (pattern, ignoresMerges);

    /// <summary>A model of explicit merges, as tokenizer.json and merges.txt have them.</summary>
    /// <param name="tokens">The bytes of each token; null where an id belongs to nobody or to a special token.</param>
    /// <param name="merges">The merges, lowest rank first. Of a pair that occurs twice the later one counts, as in the tokenizers library.</param>
    /// <param name="pattern">How text is cut.</param>
    /// <param name="ignoresMerges">Whether a piece that is a token is taken whole, even where the merges would not arrive at it.</param>
    /// <exception cref="ArgumentException">Two tokens have the same bytes, a token is empty, or a merge names tokens that do not exist or whose bytes do not add up.</exception>
    public static BpeModel FromMerges(IReadOnlyList<byte[]?> tokens, IReadOnlyList<BpeMerge> merges, SplitPattern pattern, bool ignoresMerges = false) =>
        throw new NotImplementedException();

    /// <summary>
    /// A model of ranks alone, as tiktoken has them: two adjacent tokens merge when their bytes together are a token, the one of the lowest id first; a
    /// piece that is a token is taken whole.
    /// </summary>
    /// <param name="tokens">The bytes of each token; its id is its rank. Null where an id is not used.</param>
    /// <param name="pattern">How text is cut.</param>
    /// <exception cref="ArgumentException">Two tokens have the same bytes, or a token is empty.</exception>
    public static BpeModel FromRanks(IReadOnlyList<byte[]?> tokens, SplitPattern pattern) => throw new NotImplementedException();

    /// <summary>How text is cut.</summary>
    public SplitPattern Pattern { get; }

    /// <summary>Whether a piece that is a token is taken whole.</summary>
    public bool IgnoresMerges { get; }

    /// <summary>The highest id and one: ids are 0 ... VocabularySize - 1, not all of them used.</summary>
    public int VocabularySize => throw new NotImplementedException();

    /// <summary>The merges in order; of a model of ranks the one merge that makes each token, in the order of their ids.</summary>
    public IReadOnlyList<BpeMerge> Merges => throw new NotImplementedException();

    /// <summary>The bytes of a token; empty for an id that is not used.</summary>
    public ReadOnlySpan<byte> BytesOf(int id) => throw new NotImplementedException();

    /// <summary>The token that has exactly these bytes.</summary>
    public bool TryFind(ReadOnlySpan<byte> bytes, out int id) => throw new NotImplementedException();

    /// <summary>Encodes any bytes; text is expected in UTF-8.</summary>
    /// <param name="text">The bytes.</param>
    /// <param name="ids">Where the tokens go; as many places as there are bytes are always enough.</param>
    /// <returns>The number of tokens.</returns>
    /// <exception cref="UnknownCharacterException">A byte that the vocabulary lacks.</exception>
    public int Encode(ReadOnlySpan<byte> text, Span<int> ids) => throw new NotImplementedException();

    /// <summary>Encodes one piece: nothing is cut.</summary>
    /// <param name="piece">Its bytes.</param>
    /// <param name="ids">Where the tokens go; as many places as there are bytes are always enough.</param>
    /// <returns>The number of tokens.</returns>
    /// <exception cref="UnknownCharacterException">A byte that the vocabulary lacks.</exception>
    public int EncodePiece(ReadOnlySpan<byte> piece, Span<int> ids) => throw new NotImplementedException();

    /// <summary>Encodes any bytes; text is expected in UTF-8.</summary>
    /// <exception cref="UnknownCharacterException">A byte that the vocabulary lacks.</exception>
    public int[] Encode(ReadOnlySpan<byte> text) => throw new NotImplementedException();

    /// <summary>Encodes a text; half a surrogate pair becomes U+FFFD.</summary>
    /// <exception cref="UnknownCharacterException">A character that the vocabulary lacks.</exception>
    public int[] Encode(string text) => throw new NotImplementedException();

    /// <summary>The bytes of tokens; an id that is not used gives U+FFFD.</summary>
    public byte[] Decode(ReadOnlySpan<int> ids) => throw new NotImplementedException();
}
