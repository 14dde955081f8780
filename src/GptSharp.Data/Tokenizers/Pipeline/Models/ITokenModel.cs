namespace GptSharp.Data.Tokenizers.Pipeline.Models;

/// <summary>Turns pieces of text into tokens of a vocabulary.</summary>
internal interface ITokenModel
{
    /// <summary>The highest id and one.</summary>
    int Count { get; }

    /// <summary>How a token is written in tokenizer files; null for an id that is not used.</summary>
    string? SpellingOf(int id);

    /// <summary>The token that is written like this.</summary>
    bool TryFind(string spelling, out int id);

    /// <summary>Appends the tokens of a piece.</summary>
    /// <exception cref="UnknownCharacterException">A character that the vocabulary lacks, where it has no token for unknown ones.</exception>
    void Encode(ReadOnlySpan<byte> piece, List<int> ids);
}
