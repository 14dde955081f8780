namespace GptSharp.Ptx.Execution.Decoding;

/// <summary>One use of a register by an instruction.</summary>
/// <param name="Instruction">Index of the instruction.</param>
/// <param name="Item">Number of the register.</param>
/// <param name="IsWrite">Whether it is written.</param>
/// <param name="Overwrites">Whether a write leaves nothing of the old value: no guard.</param>
internal readonly record struct RegisterAccess(int Instruction, int Item, bool IsWrite, bool Overwrites);

/// <summary>Where registers hold values that will be read: the classical backward data flow over the blocks of a function.</summary>
internal sealed class Liveness
{
    private readonly ControlFlow _flow;
    private readonly FramePlan _plan;
    private readonly ulong[][] _liveIn;
    private readonly ulong[][] _liveOut;
    private readonly (int First, int Last)[] _accessRanges;
    private readonly IReadOnlyList<RegisterAccess> _accesses;

    /// <summary>Computes it.</summary>
    /// <param name="flow">The blocks.</param>
    /// <param name="plan">The registers.</param>
    /// <param name="accesses">What is read and written, in the order of the instructions; within one, reads first.</param>
    public Liveness(ControlFlow flow, FramePlan plan, IReadOnlyList<RegisterAccess> accesses)
    {
        (_flow, _plan, _accesses) = (flow, plan, accesses);
        int words = (plan.Items.Count + 63) / 64;
        _liveIn = NewSets(words);
        _liveOut = NewSets(words);
        _accessRanges = Ranges();
        ulong[][] used = NewSets(words);
        ulong[][] killed = NewSets(words);
        for (int block = 0; block < flow.Count; block++)
        {
            for (int i = _accessRanges[block].First; i < _accessRanges[block].Last; i++)
            {
                RegisterAccess access = accesses[i];
                (int word, ulong bit) = (access.Item / 64, 1UL << (access.Item % 64));
                if (!access.IsWrite && (killed[block][word] & bit) == 0)
                {
                    used[block][word] |= bit;
                }
                else if (access.IsWrite && access.Overwrites)
                {
                    killed[block][word] |= bit;
                }
            }
        }

        Solve(used, killed);
    }

    /// <summary>Registers that may be read before anything wrote them.</summary>
    public IEnumerable<int> LiveAtEntry()
    {
        for (int item = 0; item < _plan.Items.Count; item++)
        {
            if (_flow.Count > 0 && Has(_liveIn[0], item) && IsRegister(item))
            {
                yield return item;
            }
        }
    }

    /// <summary>First and last instruction between which each item holds a value; (-1, -1) when it never does.</summary>
    public (int First, int Last)[] Lives()
    {
        var lives = new (int First, int Last)[_plan.Items.Count];
        Array.Fill(lives, (-1, -1));
        foreach (RegisterAccess access in _accesses)
        {
            Extend(lives, access.Item, access.Instruction);
        }

        for (int block = 0; block < _flow.Count; block++)
        {
            for (int item = 0; item < lives.Length; item++)
            {
                if (Has(_liveIn[block], item))
                {
                    Extend(lives, item, _flow.Starts[block]);
                }

                if (Has(_liveOut[block], item))
                {
                    Extend(lives, item, _flow.End(block) - 1);
                }
            }
        }

        return lives;
    }

    /// <summary>The largest number of 32-bit registers alive at once; predicates do not count.</summary>
    public int MaximumPressure()
    {
        int maximum = 0;
        for (int block = 0; block < _flow.Count; block++)
        {
            var live = (ulong[])_liveOut[block].Clone();
            int pressure = 0;
            for (int item = 0; item < _plan.Items.Count; item++)
            {
                pressure += Has(live, item) ? Weight(item) : 0;
            }

            maximum = Math.Max(maximum, pressure);
            for (int i = _accessRanges[block].Last - 1; i >= _accessRanges[block].First; i--)
            {
                RegisterAccess access = _accesses[i];
                (int word, ulong bit) = (access.Item / 64, 1UL << (access.Item % 64));
                bool alive = (live[word] & bit) != 0;
                if (access.IsWrite && access.Overwrites && alive)
                {
                    live[word] &= ~bit;
                    pressure -= Weight(access.Item);
                }
                else if (!access.IsWrite && !alive)
                {
                    live[word] |= bit;
                    pressure += Weight(access.Item);
                }

                maximum = Math.Max(maximum, pressure);
            }
        }

        return maximum;
    }

    private static bool Has(ulong[] set, int item) => (set[item / 64] >> (item % 64) & 1) != 0;

    private static void Extend((int First, int Last)[] lives, int item, int instruction)
    {
        (int first, int last) = lives[item];
        lives[item] = first < 0 ? (instruction, instruction) : (Math.Min(first, instruction), Math.Max(last, instruction));
    }

    private bool IsRegister(int item) => _plan.Items[item].Kind is FrameItemKind.Register or FrameItemKind.Predicate;

    private int Weight(int item) => _plan.Items[item].Kind == FrameItemKind.Register ? _plan.Items[item].SlotBytes / 4 : 0;

    private ulong[][] NewSets(int words)
    {
        var sets = new ulong[_flow.Count][];
        for (int block = 0; block < sets.Length; block++)
        {
            sets[block] = new ulong[words];
        }

        return sets;
    }

    private (int First, int Last)[] Ranges()
    {
        var ranges = new (int First, int Last)[_flow.Count];
        int at = 0;
        for (int block = 0; block < _flow.Count; block++)
        {
            int first = at;
            while (at < _accesses.Count && _accesses[at].Instruction < _flow.End(block))
            {
                at++;
            }

            ranges[block] = (first, at);
        }

        return ranges;
    }

    private void Solve(ulong[][] used, ulong[][] killed)
    {
        var pending = new Stack<int>();
        var queued = new bool[_flow.Count];
        for (int block = 0; block < _flow.Count; block++)
        {
            pending.Push(block);
            queued[block] = true;
        }

        while (pending.TryPop(out int block))
        {
            queued[block] = false;
            ulong[] live = _liveOut[block];
            foreach (int successor in _flow.Successors(block))
            {
                for (int word = 0; word < live.Length; word++)
                {
                    live[word] |= _liveIn[successor][word];
                }
            }

            bool changed = false;
            for (int word = 0; word < live.Length; word++)
            {
                ulong value = used[block][word] | (live[word] & ~killed[block][word]);
                changed |= value != _liveIn[block][word];
                _liveIn[block][word] = value;
            }

            if (!changed)
            {
                continue;
            }

            foreach (int before in _flow.Predecessors(block))
            {
                if (!queued[before])
                {
                    queued[before] = true;
                    pending.Push(before);
                }
            }
        }
    }
}
