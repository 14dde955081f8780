namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>The tokens that begin at a place, longest first. A tree of bytes whose edges lie in one hash table, and the first two levels in an array.</summary>
internal sealed class TokenTrie
{
    private const int Root = 0;

    private readonly List<int> _tokens = [-1];
    private readonly List<int> _parents = [-1];
    private readonly int[] _firstBytes = new int[256];
    private readonly int[] _firstTwoBytes = new int[0x10000];
    private readonly int[] _nodes;
    private Edge[] _edges = new Edge[1 << 10];
    private int _shift = 64 - 10;
    private int _count;

    /// <summary>An empty tree for tokens of a vocabulary.</summary>
    public TokenTrie(int vocabularySize)
    {
        _nodes = new int[vocabularySize];
        Array.Fill(_nodes, -1);
    }

    /// <summary>Adds a token.</summary>
    public void Add(int id, ReadOnlySpan<byte> bytes)
    {
        int node = Root;
        for (int i = 0; i < bytes.Length; i++)
        {
            int next = Child(bytes, i, node);
            if (next == 0)
            {
                next = _tokens.Count;
                _tokens.Add(-1);
                _parents.Add(node);
                AddEdge(bytes, i, node, next);
            }

            node = next;
        }

        _tokens[node] = id;
        _nodes[id] = node;
    }

    /// <summary>The longest token at a place of a text, or -1.</summary>
    public int Longest(ReadOnlySpan<byte> text, int place)
    {
        ReadOnlySpan<byte> rest = text[place..];
        int node = Root;
        int longest = -1;
        for (int i = 0; i < rest.Length; i++)
        {
            node = Child(rest, i, node);
            if (node == 0)
            {
                break;
            }

            longest = _tokens[node] >= 0 ? _tokens[node] : longest;
        }

        return longest;
    }

    /// <summary>The longest token that a token begins with and is not itself, or -1.</summary>
    public int Shorter(int id)
    {
        int node = _parents[_nodes[id]];
        while (node > Root && _tokens[node] < 0)
        {
            node = _parents[node];
        }

        return node > Root ? _tokens[node] : -1;
    }

    // 0 where there is no such edge: the root is nobody's child.
    private int Child(ReadOnlySpan<byte> bytes, int depth, int node)
    {
        if (depth < 2)
        {
            return depth == 0 ? _firstBytes[bytes[0]] : _firstTwoBytes[(bytes[0] << 8) | bytes[1]];
        }

        ulong key = Key(node, bytes[depth]);
        for (int slot = (int)(key * 0x9E3779B97F4A7C15 >> _shift); ; slot++)
        {
            ref readonly Edge edge = ref _edges[slot & (_edges.Length - 1)];
            if (edge.Key == key || edge.Key == 0)
            {
                return edge.Child;
            }
        }
    }

    private void AddEdge(ReadOnlySpan<byte> bytes, int depth, int node, int child)
    {
        if (depth == 0)
        {
            _firstBytes[bytes[0]] = child;
        }
        else if (depth == 1)
        {
            _firstTwoBytes[(bytes[0] << 8) | bytes[1]] = child;
        }
        else
        {
            if (++_count * 2 > _edges.Length)
            {
                Grow();
            }

            Put(new Edge { Key = Key(node, bytes[depth]), Child = child });
        }
    }

    private void Grow()
    {
        Edge[] old = _edges;
        _edges = new Edge[old.Length * 2];
        _shift--;
        foreach (Edge edge in old)
        {
            if (edge.Key != 0)
            {
                Put(edge);
            }
        }
    }

    private void Put(Edge edge)
    {
        int slot = (int)(edge.Key * 0x9E3779B97F4A7C15 >> _shift);
        while (_edges[slot & (_edges.Length - 1)].Key != 0)
        {
            slot++;
        }

        _edges[slot & (_edges.Length - 1)] = edge;
    }

    // Never zero: edges of the root are not kept here.
    private static ulong Key(int node, byte value) => ((ulong)(uint)node << 8) | value;

    private struct Edge
    {
        public ulong Key;
        public int Child;
    }
}
