using GptSharp.Files;

namespace GptSharp.Data.Tokenizers.Pipeline;

/// <summary>Tokens with their ids as a file lists them: no spelling and no id twice, and no ids so far apart that they would fill the memory.</summary>
internal sealed class TokenList
{
    // Real vocabularies leave few ids unused; a table of this many is small.
    private const int FreeIds = 100_000;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string?> _spellings = [];
    private readonly int _largestId;

    /// <param name="expected">How many tokens the file lists.</param>
    public TokenList(int expected) => _largestId = (4 * expected) + FreeIds;

    /// <summary>How each token is written; null for ids that are not used.</summary>
    public IReadOnlyList<string?> Spellings => _spellings;

    /// <summary>The id of a token; -1 if there is none.</summary>
    public int Find(string spelling) => _ids.GetValueOrDefault(spelling, -1);

    /// <summary>Adds a token.</summary>
    /// <param name="spelling">How it is written.</param>
    /// <param name="id">Its id.</param>
    /// <param name="refuse">Makes the exception that names file and place.</param>
    public void Add(string spelling, long id, Func<string, RefusedFileException> refuse)
    {
        if (id < 0 || id > _largestId)
        {
            throw refuse($"has the id {id}, but ids are 0 ... {_largestId} in a vocabulary of this size.");
        }

        while (_spellings.Count <= id)
        {
            _spellings.Add(null);
        }

        if (_spellings[(int)id] is { } other)
        {
            throw refuse($"has the id {id}, which '{other}' has too.");
        }

        if (!_ids.TryAdd(spelling, (int)id))
        {
            throw refuse($"names '{spelling}' again, which has the id {_ids[spelling]}.");
        }

        _spellings[(int)id] = spelling;
    }
}
