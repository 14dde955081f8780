namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>The vocabulary while it grows: special tokens, then the bytes in the order of their letters, then what merges make.</summary>
internal sealed class TrainingVocabulary
{
    private readonly List<byte[]?> _tokens = [];
    private readonly List<string> _letters = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <summary>The vocabulary before the first merge.</summary>
    /// <exception cref="ArgumentException">It has no room for that, or a special token occurs twice or is empty.</exception>
    public TrainingVocabulary(BpeTrainingOptions options)
    {
        foreach (string special in options.SpecialTokens)
        {
            if (special.Length == 0 || !_ids.TryAdd(special, _tokens.Count))
            {
                throw new ArgumentException(special.Length == 0 ? "A special token is empty." : $"The special token {special} is given twice.", nameof(options));
            }

            _tokens.Add(null);
            _letters.Add(special);
        }

        var byteTokens = new int[256];
        foreach (byte value in ByteLevel.BytesByLetter)
        {
            byteTokens[value] = Add(ByteLevel.LetterOf(value).ToString(), [value]);
        }

        ByteTokens = byteTokens;
        if (Count > options.VocabularySize)
        {
            throw new ArgumentException(
                $"A vocabulary of {options.VocabularySize} is too small: {options.SpecialTokens.Count} special tokens and 256 bytes make {Count}.", nameof(options));
        }
    }

    /// <summary>The number of tokens.</summary>
    public int Count => _tokens.Count;

    /// <summary>The bytes of each token; null for special tokens.</summary>
    public IReadOnlyList<byte[]?> Tokens => _tokens;

    /// <summary>The token of each byte.</summary>
    public IReadOnlyList<int> ByteTokens { get; }

    /// <summary>The token of two together: a new one, because no two merges make the same bytes (see <see cref="MergeHistory"/>), unless a special token is spelled so.</summary>
    public int Merge(int left, int right)
    {
        string letters = _letters[left] + _letters[right];
        byte[] bytes = [.. _tokens[left]!, .. _tokens[right]!];
        if (_ids.TryGetValue(letters, out int id))
        {
            // A special token that the text spells out is a token like others from here on.
            _tokens[id] ??= bytes;
            return id;
        }

        return Add(letters, bytes);
    }

    private int Add(string letters, byte[] bytes)
    {
        // A special token of one letter is that byte, too.
        if (_ids.TryGetValue(letters, out int id))
        {
            _tokens[id] = bytes;
            return id;
        }

        _ids.Add(letters, Count);
        _tokens.Add(bytes);
        _letters.Add(letters);
        return Count - 1;
    }
}
