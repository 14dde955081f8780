using System.Text;

namespace GptSharp.Data.Stories;

/// <summary>Some stories, one after the other.</summary>
public sealed class StorySplit
{
    private readonly StringBuilder _text = new();
    private readonly List<long> _starts = [];

    /// <summary>All of them; each ends with a line feed.</summary>
    public string Text => _text.ToString();

    /// <summary>Where each begins, in characters.</summary>
    public IReadOnlyList<long> Starts => _starts;

    internal void Add(string story)
    {
        _starts.Add(_text.Length);
        _text.Append(story);
    }
}
