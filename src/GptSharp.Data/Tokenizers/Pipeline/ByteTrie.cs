namespace GptSharp.Data.Tokenizers.Pipeline;

/// <summary>Byte strings with numbers, found by what a text begins with.</summary>
internal sealed class ByteTrie
{
    private const int None = -1;

    private readonly Dictionary<(int Node, byte Next), int> _children = [];
    private readonly List<int> _values = [None];

    /// <summary>Adds a string; the later of two equal ones counts.</summary>
    public void Add(ReadOnlySpan<byte> key, int value)
    {
        int node = 0;
        foreach (byte next in key)
        {
            if (!_children.TryGetValue((node, next), out int child))
            {
                child = _values.Count;
                _values.Add(None);
                _children.Add((node, next), child);
            }

            node = child;
        }

        _values[node] = value;
    }

    /// <summary>Goes from a node along a byte.</summary>
    /// <param name="node">Where from; 0 is the start. Where to.</param>
    /// <param name="next">The byte.</param>
    /// <param name="value">The number of the string that ends there, or -1.</param>
    /// <returns>Whether any string goes on like this.</returns>
    public bool TryStep(ref int node, byte next, out int value)
    {
        if (!_children.TryGetValue((node, next), out int child))
        {
            value = None;
            return false;
        }

        (node, value) = (child, _values[child]);
        return true;
    }

    /// <summary>The longest string with which a text begins.</summary>
    /// <returns>Its length and number; length 0 if there is none.</returns>
    public (int Length, int Value) Longest(ReadOnlySpan<byte> text)
    {
        (int Length, int Value) found = (0, None);
        int node = 0;
        for (int i = 0; i < text.Length && TryStep(ref node, text[i], out int value); i++)
        {
            if (value != None)
            {
                found = (i + 1, value);
            }
        }

        return found;
    }
}
