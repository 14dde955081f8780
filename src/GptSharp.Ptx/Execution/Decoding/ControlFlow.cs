namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>
/// The basic blocks of a function and their immediate post-dominators: where the sides of a divergent branch meet again.
/// Post-dominance after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), on the reversed graph.
/// </summary>
internal sealed class ControlFlow
{
    private readonly List<int>[] _successors;
    private readonly List<int>[] _predecessors;
    private readonly int[] _postDominator;
    private readonly int[] _order;
    private readonly HashSet<int> _endless = [];
    private readonly IReadOnlySet<int> _leaving;

    /// <summary>Builds the graph.</summary>
    /// <param name="starts">First instruction of each block, ascending; the first one is 0.</param>
    /// <param name="length">Number of instructions.</param>
    /// <param name="successors">Blocks that may follow each block; an empty list ends the function.</param>
    /// <param name="leaving">Blocks at whose end some threads may leave the function while the others go on.</param>
    public ControlFlow(int[] starts, int length, List<int>[] successors, IReadOnlySet<int> leaving)
    {
        (Starts, Length, _successors, _leaving) = (starts, length, successors, leaving);
        _predecessors = new List<int>[starts.Length];
        for (int block = 0; block < starts.Length; block++)
        {
            _predecessors[block] = [];
        }

        for (int block = 0; block < starts.Length; block++)
        {
            foreach (int successor in successors[block])
            {
                _predecessors[successor].Add(block);
            }
        }

        int exit = starts.Length;
        List<int>[] backwards = Backwards(exit);
        _order = new int[exit + 1];
        List<int> sequence = ReachExit(exit, backwards);
        _postDominator = PostDominators(exit, sequence);
    }

    /// <summary>First instruction of each block.</summary>
    public int[] Starts { get; }

    /// <summary>Number of instructions.</summary>
    public int Length { get; }

    /// <summary>Number of blocks.</summary>
    public int Count => Starts.Length;

    /// <summary>Blocks that may follow a block.</summary>
    public IReadOnlyList<int> Successors(int block) => _successors[block];

    /// <summary>Blocks that may precede a block.</summary>
    public IReadOnlyList<int> Predecessors(int block) => _predecessors[block];

    /// <summary>Index behind the last instruction of a block.</summary>
    public int End(int block) => block + 1 < Starts.Length ? Starts[block + 1] : Length;

    /// <summary>The block that every path from a block to the end passes first, or <see cref="Count"/> when there is none before the end.</summary>
    public int PostDominator(int block) => _postDominator[block];

    /// <summary>The block that holds an instruction.</summary>
    public int BlockOf(int instruction)
    {
        int found = Array.BinarySearch(Starts, instruction);
        return found >= 0 ? found : ~found - 1;
    }

    private List<int>[] Backwards(int exit)
    {
        var backwards = new List<int>[exit + 1];
        backwards[exit] = [];
        for (int block = 0; block < exit; block++)
        {
            backwards[block] = [.. _predecessors[block]];
            if (_successors[block].Count == 0)
            {
                backwards[exit].Add(block);
            }
        }

        return backwards;
    }

    // Post-order from the end, against the edges. A loop without a way out is given one: where threads leave the function, if they do.
    private List<int> ReachExit(int exit, List<int>[] backwards)
    {
        var sequence = new List<int>(exit + 1);
        var seen = new bool[exit + 1];
        for (int last = exit - 1; last >= 0; last--)
        {
            // Blocks that reach the end need no help; mark them without ordering.
            if (_successors[last].Count == 0)
            {
                Mark(last, seen);
            }
        }

        foreach (int block in Enumerable.Range(0, exit).Reverse().OrderBy(block => _leaving.Contains(block) ? 0 : 1))
        {
            if (!seen[block])
            {
                backwards[exit].Add(block);
                _endless.Add(block);
                Mark(block, seen);
            }
        }

        Array.Clear(seen);
        var stack = new Stack<(int Block, int Next)>();
        stack.Push((exit, 0));
        seen[exit] = true;
        while (stack.TryPop(out (int Block, int Next) top))
        {
            if (top.Next < backwards[top.Block].Count)
            {
                stack.Push((top.Block, top.Next + 1));
                int before = backwards[top.Block][top.Next];
                if (!seen[before])
                {
                    seen[before] = true;
                    stack.Push((before, 0));
                }
            }
            else
            {
                _order[top.Block] = sequence.Count;
                sequence.Add(top.Block);
            }
        }

        return sequence;
    }

    private void Mark(int block, bool[] seen)
    {
        var pending = new Stack<int>();
        pending.Push(block);
        seen[block] = true;
        while (pending.TryPop(out int current))
        {
            foreach (int before in _predecessors[current])
            {
                if (!seen[before])
                {
                    seen[before] = true;
                    pending.Push(before);
                }
            }
        }
    }

    private int[] PostDominators(int exit, List<int> sequence)
    {
        var dominator = new int[exit + 1];
        Array.Fill(dominator, -1);
        dominator[exit] = exit;
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int i = sequence.Count - 2; i >= 0; i--)
            {
                int block = sequence[i];
                int best = -1;
                foreach (int successor in _successors[block])
                {
                    if (dominator[successor] >= 0)
                    {
                        best = best < 0 ? successor : Meet(dominator, best, successor);
                    }
                }

                if (_successors[block].Count == 0 || _endless.Contains(block))
                {
                    best = best < 0 ? exit : Meet(dominator, best, exit);
                }

                if (best != dominator[block])
                {
                    dominator[block] = best;
                    changed = true;
                }
            }
        }

        return dominator;
    }

    private int Meet(int[] dominator, int a, int b)
    {
        while (a != b)
        {
            while (_order[a] < _order[b])
            {
                a = dominator[a];
            }

            while (_order[b] < _order[a])
            {
                b = dominator[b];
            }
        }

        return a;
    }
}
