namespace GptSharp.Ptx.Execution.Decoding;

// Blocks and the places where the sides of branches meet.
internal sealed unsafe partial class FunctionDecoder
{
    private ControlFlow BuildControlFlow()
    {
        var starts = new SortedSet<int> { 0 };
        for (int i = 0; i < _code.Count; i++)
        {
            if (_code[i].Operation == Operation.Label)
            {
                starts.Add(i);
            }
            else if (EndsBlock(_code[i]) && i + 1 < _code.Count)
            {
                starts.Add(i + 1);
            }
        }

        int[] first = [.. starts];
        var flow = new Dictionary<int, int>();
        for (int block = 0; block < first.Length; block++)
        {
            flow.Add(first[block], block);
        }

        var successors = new List<int>[first.Length];
        var leaving = new HashSet<int>();
        for (int block = 0; block < first.Length; block++)
        {
            int end = block + 1 < first.Length ? first[block + 1] : _code.Count;
            Instruction last = _code[end - 1];
            successors[block] = [];
            if (last.Operation is Operation.Exit or Operation.Return && last.Guard != Instruction.None)
            {
                leaving.Add(block);
            }

            if (FallsThrough(last) && end < _code.Count)
            {
                successors[block].Add(block + 1);
            }

            foreach (int label in Targets(last))
            {
                int target = flow[_unit.LabelPlaces[label] - _unit.FirstInstruction];
                if (!successors[block].Contains(target))
                {
                    successors[block].Add(target);
                }
            }
        }

        return new ControlFlow(first, _code.Count, successors, leaving);
    }

    private static bool EndsBlock(in Instruction step) =>
        step.Operation is Operation.Branch or Operation.BranchIf or Operation.BranchIndexed or Operation.Exit or Operation.Return or Operation.Trap;

    // A thread that exits under a guard does not come back: the others go on as if the branch were none.
    private static bool FallsThrough(in Instruction step) => step.Operation switch
    {
        Operation.Branch => false,
        Operation.BranchIndexed or Operation.Exit or Operation.Return or Operation.Trap => step.Guard != Instruction.None,
        _ => true,
    };

    private int[] Targets(Instruction step) => step.Operation switch
    {
        Operation.Branch or Operation.BranchIf => [step.Target],
        Operation.BranchIndexed => _program.TargetLists[step.Detail],
        _ => [],
    };

    // Every branch under a condition gets the label at its immediate post-dominator.
    private void FindReconvergence(ControlFlow flow)
    {
        for (int block = 0; block < flow.Count; block++)
        {
            Instruction last = _code[flow.End(block) - 1];
            if (last.Operation is not Operation.BranchIf and not Operation.BranchIndexed)
            {
                continue;
            }

            int meeting = flow.PostDominator(block);
            int label = meeting < flow.Count ? _unit.LabelAt(_unit.FirstInstruction + flow.Starts[meeting]) : Instruction.None;
            _unit.Meetings.Add(label);
            if (label != Instruction.None)
            {
                _unit.Joins.Add(label);
            }
        }
    }
}
