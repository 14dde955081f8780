using GptSharp.Ptx.Execution.Decoding;
using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>
/// Tells mechanically what each comparison of a kernel decides. Its predicate is followed through logic, selections and integer
/// operations by the names of registers, whatever the order of statements, so that it may be followed too far; and from a branch to
/// all that depends on the way it takes (Ferrante, Ottenstein, Warren, "The Program Dependence Graph", 1987).
/// </summary>
internal sealed class ComparisonRoles
{
    private static readonly HashSet<string> Followed =
        ["and", "or", "xor", "not", "mov", "setp", "selp", "cvt", "shl", "shr", "add", "sub", "mul", "mad", "min", "max", "cnot", "lop3"];

    private readonly FlowGraph _graph;
    private readonly HashSet<int>[] _dependents;
    private readonly bool[] _touchesMemory;
    private readonly Dictionary<int, List<int>> _readers = [];

    private ComparisonRoles(FunctionSyntax kernel)
    {
        _graph = FlowGraph.Build(kernel);
        _touchesMemory = [.. _graph.Blocks.Select(block => Enumerable.Range(block.First, block.End - block.First).Any(TouchesMemory))];
        _dependents = Dependents();
        for (int i = 0; i < _graph.Instructions.Count; i++)
        {
            foreach (int register in _graph.Instructions[i].Sources)
            {
                _readers.TryAdd(register, []);
                _readers[register].Add(i);
            }
        }
    }

    /// <summary>The role of every <c>setp</c>, by the line where it stands.</summary>
    public static Dictionary<int, ComparisonRole> Of(FunctionSyntax kernel)
    {
        var roles = new ComparisonRoles(kernel);
        return Enumerable.Range(0, roles._graph.Instructions.Count)
            .Where(i => roles._graph.Instructions[i].Syntax.Opcode == "setp")
            .GroupBy(i => roles._graph.Instructions[i].Syntax.Span.Line)
            .ToDictionary(line => line.Key, line => line.Max(roles.RoleOf));
    }

    private ComparisonRole RoleOf(int comparison)
    {
        ComparisonRole role = ComparisonRole.Value;
        var seen = new HashSet<int>(_graph.Instructions[comparison].Results);
        var waiting = new Queue<int>(seen);
        while (waiting.TryDequeue(out int register))
        {
            foreach (int reader in _readers.GetValueOrDefault(register, []))
            {
                FlowInstruction instruction = _graph.Instructions[reader];
                role = (ComparisonRole)Math.Max((int)role, (int)Decided(reader, register));
                if (Followed.Contains(instruction.Syntax.Opcode) && !instruction.Syntax.Modifiers.Any(IsFloat))
                {
                    instruction.Results.Where(seen.Add).ToList().ForEach(waiting.Enqueue);
                }
            }
        }

        return role;
    }

    // What a register decides where it is read.
    private ComparisonRole Decided(int reader, int register)
    {
        InstructionSyntax syntax = _graph.Instructions[reader].Syntax;
        bool isGuard = syntax.Guard is not null && _graph.Instructions[reader].Sources[0] == register;
        if (TouchesMemory(reader))
        {
            bool isSize = syntax.Opcode == "cp" && syntax.Operands.Count > 3 && syntax.Operands[^1] is NameOperand && _graph.Instructions[reader].Sources[^1] == register;
            return isGuard || isSize ? ComparisonRole.Bounds : ComparisonRole.Value;
        }

        if (!isGuard || syntax.Opcode != "bra")
        {
            return ComparisonRole.Value;
        }

        int block = Enumerable.Range(0, _graph.Blocks.Count).First(b => _graph.Blocks[b].End > reader);
        return _dependents[block].Contains(block) ? ComparisonRole.Loop
            : _dependents[block].Any(b => _touchesMemory[b]) ? ComparisonRole.Bounds
            : ComparisonRole.Value;
    }

    private bool TouchesMemory(int i)
    {
        InstructionSyntax syntax = _graph.Instructions[i].Syntax;
        return syntax.Opcode switch
        {
            "ld" or "st" => !syntax.Modifiers.Contains("param") && !syntax.Modifiers.Contains("local"),
            "cp" => syntax.Modifiers.Contains("shared"),
            "atom" or "red" or "ldmatrix" or "stmatrix" => true,
            _ => false,
        };
    }

    // The blocks that are executed or not by the way a block takes at its end, those that depend on such blocks included.
    private HashSet<int>[] Dependents()
    {
        int count = _graph.Blocks.Count;
        var flow = new ControlFlow(
            [.. _graph.Blocks.Select(block => block.First)], _graph.Instructions.Count, [.. _graph.Blocks.Select(block => block.Successors.ToList())],
            new HashSet<int>());
        var direct = new HashSet<int>[count];
        for (int block = 0; block < count; block++)
        {
            direct[block] = [];
            foreach (int successor in flow.Successors(block).Where(_ => flow.Successors(block).Count > 1))
            {
                for (int b = successor; b != flow.PostDominator(block) && b < count; b = flow.PostDominator(b))
                {
                    direct[block].Add(b);
                }
            }
        }

        var all = new HashSet<int>[count];
        for (int block = 0; block < count; block++)
        {
            all[block] = [.. direct[block]];
            var waiting = new Queue<int>(all[block]);
            while (waiting.TryDequeue(out int b))
            {
                direct[b].Where(all[block].Add).ToList().ForEach(waiting.Enqueue);
            }
        }

        return all;
    }

    private static bool IsFloat(string modifier) => modifier is "f16" or "f16x2" or "bf16" or "bf16x2" or "f32" or "f64";
}
