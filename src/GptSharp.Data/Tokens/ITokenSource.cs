namespace GptSharp.Data.Tokens;

/// <summary>A long row of tokens, in memory or on disk.</summary>
public interface ITokenSource
{
    /// <summary>Number of tokens.</summary>
    long Count { get; }

    /// <summary>Tokens are 0 ... VocabularySize - 1.</summary>
    int VocabularySize { get; }

    /// <summary>Where documents start, ascending, the first at 0; empty if the source does not know.</summary>
    IReadOnlyList<long> DocumentStarts { get; }

    /// <summary>Copies consecutive tokens.</summary>
    /// <param name="offset">The first token.</param>
    /// <param name="destination">Receives as many as it is long.</param>
    void Read(long offset, Span<int> destination);
}
