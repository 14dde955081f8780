namespace GptSharp.Data.Stories;

/// <summary>
/// Reads texts character by character and says how surprising each is: -ln p of the character given everything before it, as the
/// grammar that wrote them has it. No model can do better on average. After the end of a text it expects the next.
/// </summary>
public sealed class StoryScorer
{
    private readonly Grammar _grammar;
    private readonly Stack<(IReadOnlyList<Item> Items, int Next)> _open = new();
    private readonly int[] _words;

    // The one choice that is being spelt out: its alternatives that agree with what was read of it.
    private readonly List<int> _live = [];
    private string[] _texts = [];
    private int _read;
    private Item? _choice;
    private Rule? _rule;

    internal StoryScorer(Grammar grammar)
    {
        _grammar = grammar;
        _words = new int[grammar.Variables.Count];
        Restart();
    }

    /// <summary>Whether what was read so far is a whole number of texts.</summary>
    public bool IsAtStart { get; private set; }

    /// <summary>Whether a character was read that the grammar cannot write.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Forgets everything and expects the start of a text.</summary>
    public void Restart()
    {
        HasFailed = false;
        _open.Clear();
        Begin();
    }

    /// <summary>Reads a character.</summary>
    /// <returns>-ln p in nats; infinity for one that the grammar cannot write here, and for all after it.</returns>
    public double Read(char character)
    {
        if (HasFailed)
        {
            return double.PositiveInfinity;
        }

        IsAtStart = false;
        int before = _live.Count;
        if (before > 1 || _texts[_live[0]][_read] != character)
        {
            _live.RemoveAll(index => _texts[index][_read] != character);
            if (_live.Count == 0)
            {
                HasFailed = true;
                return double.PositiveInfinity;
            }
        }

        double surprise = before == _live.Count ? 0 : Math.Log((double)before / _live.Count);
        _read++;
        if (_texts[_live[0]].Length == _read)
        {
            Decide(_live[0]);
        }

        return surprise;
    }

    // No alternative begins another, so whichever is complete is the only one left.
    private void Decide(int index)
    {
        if (_rule is not null)
        {
            _open.Push((_rule.Alternatives[index], 1));
        }
        else if (_choice is Draw { Variable: { } variable })
        {
            _words[variable] = index;
        }

        Advance();
    }

    private void Advance()
    {
        while (_open.TryPop(out (IReadOnlyList<Item> Items, int Next) place))
        {
            if (place.Next < place.Items.Count)
            {
                _open.Push((place.Items, place.Next + 1));
                if (Begin(place.Items[place.Next]))
                {
                    return;
                }
            }
        }

        Begin();
    }

    private void Begin()
    {
        if (!Choose(_grammar.Start))
        {
            Advance();
        }

        IsAtStart = true;
    }

    // False if the item opened another sequence instead of starting to write.
    private bool Begin(Item item)
    {
        switch (item)
        {
            case Expand expand:
                return Choose(expand.Rule);
            case Draw draw:
                Expect(draw, draw.List.Texts(draw.Form));
                return true;
            case Recall recall:
                Expect(recall, [recall.List.Entries[_words[recall.Variable]][recall.Form]]);
                return true;
            default:
                Expect(item, [((Literal)item).Text]);
                return true;
        }
    }

    private bool Choose(Rule rule)
    {
        if (rule.Alternatives is [IReadOnlyList<Item> only])
        {
            _open.Push((only, 0));
            return false;
        }

        Expect(null, [.. rule.Alternatives.Select(GrammarCheck.Opening)]);
        _rule = rule;
        return true;
    }

    private void Expect(Item? choice, string[] texts)
    {
        _choice = choice;
        _rule = null;
        _texts = texts;
        _read = 0;
        _live.Clear();
        for (int i = 0; i < texts.Length; i++)
        {
            _live.Add(i);
        }
    }
}
