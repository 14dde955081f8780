using System.Text;

namespace GptSharp.Data.Tokenizers;

/// <summary>Turns text into tokens and back. Implementations never change and may be used by many threads at once.</summary>
public interface ITokenizer
{
    /// <summary>The word that selects it: <c>char</c>, <c>byte</c>, <c>bpe</c>, <c>unigram</c>.</summary>
    string Kind { get; }

    /// <summary>Tokens are 0 ... VocabularySize - 1.</summary>
    int VocabularySize { get; }

    /// <summary>
    /// Whether a text may be cut between an ASCII letter and a line feed that follows it: the tokens of both parts, one after the other,
    /// are then the tokens of the whole. Where that is not so, a text must be encoded whole.
    /// </summary>
    bool MayCutBeforeLineFeeds => true;

    /// <summary>The tokens of a text. A special token that is written in it becomes its id.</summary>
    /// <exception cref="UnknownCharacterException">A character that the vocabulary lacks.</exception>
    int[] Encode(string text);

    /// <summary>The text of tokens. What is no valid text becomes U+FFFD.</summary>
    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>
    /// The text of tokens that follow others. It differs from <see cref="Decode"/> where a tokenizer puts a space before each text, which
    /// decoding takes away again.
    /// </summary>
    string DecodeContinuation(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(DecodeContinuationBytes(tokens));

    /// <summary>The tokens of a text in UTF-8, or of any bytes where the tokenizer has tokens for them.</summary>
    /// <exception cref="UnknownCharacterException">A character that the vocabulary lacks, or bytes that are no UTF-8.</exception>
    int[] EncodeBytes(ReadOnlySpan<byte> bytes)
    {
        int invalid = Utf8Text.IndexOfInvalid(bytes);
        return invalid < 0
            ? Encode(Encoding.UTF8.GetString(bytes))
            : throw UnknownCharacterException.InvalidByte(bytes[invalid], invalid, Kind);
    }

    /// <summary>The bytes of tokens: UTF-8, unless the tokens spell something else.</summary>
    byte[] DecodeBytes(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetBytes(Decode(tokens));

    /// <summary>The bytes of tokens that follow others. They may end within a character, which the next token completes.</summary>
    byte[] DecodeContinuationBytes(ReadOnlySpan<int> tokens) => DecodeBytes(tokens);
}
