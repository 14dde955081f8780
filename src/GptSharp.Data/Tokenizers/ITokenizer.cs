namespace GptSharp.Data.Tokenizers;

/// <summary>Turns text into tokens and back.</summary>
public interface ITokenizer
{
    /// <summary>The word that selects it: <c>char</c>, <c>byte</c>.</summary>
    string Kind { get; }

    /// <summary>Tokens are 0 ... VocabularySize - 1.</summary>
    int VocabularySize { get; }

    /// <summary>The tokens of a text.</summary>
    /// <exception cref="UnknownCharacterException">A character that the vocabulary lacks.</exception>
    int[] Encode(string text);

    /// <summary>The text of tokens. What is no valid text becomes U+FFFD.</summary>
    string Decode(ReadOnlySpan<int> tokens);
}
