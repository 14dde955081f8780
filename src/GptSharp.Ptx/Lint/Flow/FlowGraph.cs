using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Flow;

/// <summary>An instruction in the flow of a function.</summary>
/// <param name="Syntax">The instruction.</param>
/// <param name="Results">Numbers of the registers that it writes.</param>
/// <param name="Sources">Numbers of the registers that it reads, those of addresses and of the guard included.</param>
internal sealed record FlowInstruction(InstructionSyntax Syntax, IReadOnlyList<int> Results, IReadOnlyList<int> Sources);

/// <summary>Instructions that are always executed one after the other.</summary>
/// <param name="First">The first one's index.</param>
/// <param name="End">The index behind the last one.</param>
/// <param name="Successors">The blocks that may follow.</param>
internal sealed record FlowBlock(int First, int End, IReadOnlyList<int> Successors);

/// <summary>The instructions of a function, in which order they may be executed, and the registers that they use.</summary>
internal sealed class FlowGraph
{
    private FlowGraph(IReadOnlyList<FlowInstruction> instructions, IReadOnlyList<FlowBlock> blocks, IReadOnlyList<ScalarType> registers)
    {
        (Instructions, Blocks, Registers) = (instructions, blocks, registers);
    }

    /// <summary>The instructions, in the order of the text.</summary>
    public IReadOnlyList<FlowInstruction> Instructions { get; }

    /// <summary>The blocks, in the order of the text; the function begins with the first.</summary>
    public IReadOnlyList<FlowBlock> Blocks { get; }

    /// <summary>The type of each register that is used, by its number.</summary>
    public IReadOnlyList<ScalarType> Registers { get; }

    /// <summary>The graph of a function; it has no blocks when the function has no body.</summary>
    public static FlowGraph Build(FunctionSyntax function)
    {
        var builder = new FlowBuilder();
        if (function.Body is { } body)
        {
            builder.Add(function, body);
        }

        List<FlowInstruction> instructions = builder.Instructions;
        int count = instructions.Count;
        var targets = new List<int>[count];
        var leaders = new SortedSet<int>();
        for (int i = 0; i < count; i++)
        {
            targets[i] = builder.TargetsOf(i).Where(target => target < count).ToList();
            leaders.UnionWith(targets[i]);
            if (targets[i].Count > 0 || Ends(instructions[i].Syntax))
            {
                leaders.Add(i + 1);
            }
        }

        leaders.Add(0);
        leaders.RemoveWhere(leader => leader >= count);
        int[] starts = [.. leaders];
        var blockOf = new Dictionary<int, int>();
        for (int i = 0; i < starts.Length; i++)
        {
            blockOf[starts[i]] = i;
        }

        var blocks = new List<FlowBlock>();
        for (int i = 0; i < starts.Length && count > 0; i++)
        {
            int end = i + 1 < starts.Length ? starts[i + 1] : count;
            InstructionSyntax last = instructions[end - 1].Syntax;
            var successors = targets[end - 1].Select(target => blockOf[target]).ToList();
            bool fallsThrough = last.Guard is not null || !(Ends(last) || last.Opcode is "bra" or "brx");
            if (fallsThrough && end < count)
            {
                successors.Add(i + 1);
            }

            blocks.Add(new FlowBlock(starts[i], end, successors.Distinct().ToList()));
        }

        return new FlowGraph(instructions, blocks, builder.Registers);
    }

    private static bool Ends(InstructionSyntax instruction) => instruction.Opcode is "ret" or "exit" or "trap";
}
