using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Warnings;

/// <summary>Warns of instructions in loops that a GPU has no unit for: the assembler puts a subroutine in their place.</summary>
internal static class LoopWarnings
{
    /// <summary>Notes those of a function that may be executed more than once.</summary>
    public static void Check(FlowGraph graph, FindingList warnings)
    {
        for (int b = 0; b < graph.Blocks.Count; b++)
        {
            FlowBlock block = graph.Blocks[b];
            InstructionSyntax[] slow = [.. graph.Instructions.Skip(block.First).Take(block.End - block.First)
                .Select(instruction => instruction.Syntax).Where(syntax => ReasonOf(syntax) is not null)];
            if (slow.Length > 0 && IsInLoop(graph, b))
            {
                foreach (InstructionSyntax syntax in slow)
                {
                    warnings.Add(syntax.Span, ReasonOf(syntax)!);
                }
            }
        }
    }

    private static string? ReasonOf(InstructionSyntax syntax)
    {
        string type = syntax.Modifiers is [.., var last] ? last : "";
        return syntax.Opcode switch
        {
            "div" or "rem" when type is "u64" or "s64" =>
                "A division of 64 bits in a loop is a subroutine of some eighty instructions; 32 bits, a two-dimensional grid or a running index do without.",
            "div" or "sqrt" or "rcp" when type == "f32" && syntax.Modifiers[0] is "rn" or "rz" or "rm" or "rp" =>
                $"{syntax.Opcode}.{syntax.Modifiers[0]} in a loop is a subroutine; {syntax.Opcode}.approx is one or two instructions.",
            _ => null,
        };
    }

    // Whether a block can be reached from its own end.
    private static bool IsInLoop(FlowGraph graph, int start)
    {
        var seen = new bool[graph.Blocks.Count];
        var waiting = new Stack<int>(graph.Blocks[start].Successors);
        while (waiting.TryPop(out int b))
        {
            if (b == start)
            {
                return true;
            }

            if (!seen[b])
            {
                seen[b] = true;
                foreach (int successor in graph.Blocks[b].Successors)
                {
                    waiting.Push(successor);
                }
            }
        }

        return false;
    }
}
