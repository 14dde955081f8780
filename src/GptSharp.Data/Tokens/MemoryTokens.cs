namespace GptSharp.Data.Tokens;

/// <summary>Tokens in memory.</summary>
public sealed class MemoryTokens : ITokenSource
{
    private readonly int[] _tokens;

    /// <summary>Wraps an array, which is not copied.</summary>
    public MemoryTokens(int[] tokens, int vocabularySize, IReadOnlyList<long>? documentStarts = null)
    {
        _tokens = tokens;
        VocabularySize = vocabularySize;
        DocumentStarts = documentStarts ?? [];
    }

    /// <inheritdoc/>
    public long Count => _tokens.Length;

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public IReadOnlyList<long> DocumentStarts { get; }

    /// <inheritdoc/>
    public void Read(long offset, Span<int> destination) =>
        _tokens.AsSpan(checked((int)offset), destination.Length).CopyTo(destination);
}
