using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline;
using GptSharp.Files;

namespace GptSharp.Data.Tokenizers.Formats;

/// <summary>Merges as a file lists them, each checked against the vocabulary.</summary>
internal sealed class MergeList(TokenList tokens)
{
    private readonly List<BpeMerge> _merges = [];

    public IReadOnlyList<BpeMerge> Merges => _merges;

    /// <summary>Adds a merge.</summary>
    /// <param name="left">How its first token is written.</param>
    /// <param name="right">How the token behind it is written.</param>
    /// <param name="refuse">Makes the exception that names file and place.</param>
    public void Add(string left, string right, Func<string, RefusedFileException> refuse)
    {
        int Find(string spelling) => tokens.Find(spelling) is >= 0 and int id
            ? id
            : throw refuse($"merges '{left}' and '{right}', but '{spelling}' is not in the vocabulary.");

        if (left.Length == 0 || right.Length == 0)
        {
            throw refuse("merges an empty token.");
        }

        _merges.Add(new BpeMerge(Find(left), Find(right), Find(left + right)));
    }

    /// <summary>Adds a merge that is written with a space between its tokens.</summary>
    public void Add(string line, Func<string, RefusedFileException> refuse)
    {
        string[] parts = line.Split(' ');
        if (parts.Length != 2)
        {
            throw refuse($"is '{(line.Length > 60 ? line[..57] + "..." : line)}', but must be two tokens with one space between them.");
        }

        Add(parts[0], parts[1], refuse);
    }
}
