using System.Text;

namespace GptSharp.Data.Stories;

/// <summary>
/// Some stories, one after the other between line feeds. As a document, a story begins with the line feed before it, so that its
/// first letter too has something to be predicted from.
/// </summary>
public sealed class StorySplit
{
    /// <summary>What stands before, between and after stories.</summary>
    public const char Separator = '\n';

    private readonly StringBuilder _text = new(Separator.ToString());
    private readonly List<long> _starts = [];

    /// <summary>All of them.</summary>
    public string Text => _text.ToString();

    /// <summary>Where the document of each story begins: at the separator before it.</summary>
    public IReadOnlyList<long> Starts => _starts;

    internal void Add(string story)
    {
        _starts.Add(_text.Length - 1);
        _text.Append(story);
    }
}
