using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Warnings;

/// <summary>
/// Warns of stores to shared memory on which an asynchronous copy may still land: behind a loop with cp.async, every thread must have
/// waited for all of its copies, and then a barrier must have been passed, before the memory is used for something else.
/// </summary>
internal static class PendingCopyWarnings
{
    private enum Copies
    {
        /// <summary>None is under way.</summary>
        None,

        /// <summary>This thread has waited for its own; those of others may be under way.</summary>
        OfOthers,

        /// <summary>This thread's own may be under way.</summary>
        Own,
    }

    /// <summary>Notes the stores of a function that follow such a loop without a wait and a barrier between.</summary>
    public static void Check(FlowGraph graph, FindingList warnings)
    {
        int count = graph.Blocks.Count;
        if (!graph.Instructions.Any(instruction => IsCopy(instruction.Syntax)))
        {
            return;
        }

        bool[] copiesLater = ReachesCopy(graph);
        var before = new Copies[count];
        var waiting = new Queue<int>(Enumerable.Range(0, count));
        while (waiting.TryDequeue(out int b))
        {
            Copies after = Pass(graph, graph.Blocks[b], before[b], copiesLater[b], null);
            foreach (int successor in graph.Blocks[b].Successors.Where(successor => after > before[successor]))
            {
                before[successor] = after;
                waiting.Enqueue(successor);
            }
        }

        for (int b = 0; b < count; b++)
        {
            if (!copiesLater[b])
            {
                Pass(graph, graph.Blocks[b], before[b], false, warnings);
            }
        }
    }

    // Copies that lie in a loop: those that can be reached again from their own block.
    private static Copies Pass(FlowGraph graph, FlowBlock block, Copies state, bool inLoop, FindingList? warnings)
    {
        for (int i = block.First; i < block.End; i++)
        {
            InstructionSyntax syntax = graph.Instructions[i].Syntax;
            if (IsCopy(syntax))
            {
                state = inLoop ? Copies.Own : state;
            }
            else if (IsWait(syntax) && state == Copies.Own)
            {
                state = Copies.OfOthers;
            }
            else if (IsBarrier(syntax) && state == Copies.OfOthers)
            {
                state = Copies.None;
            }
            else if (warnings is not null && state != Copies.None && IsSharedStore(syntax))
            {
                warnings.Add(syntax.Span, "A cp.async of the loop before may still land here: 'cp.async.wait_group 0' and then a barrier must come between.");
            }
        }

        return state;
    }

    // Whether a block with a copy can be reached from the end of a block.
    private static bool[] ReachesCopy(FlowGraph graph)
    {
        int count = graph.Blocks.Count;
        var reaches = new bool[count];
        var predecessors = Enumerable.Range(0, count).Select(_ => new List<int>()).ToArray();
        var waiting = new Queue<int>();
        for (int b = 0; b < count; b++)
        {
            foreach (int successor in graph.Blocks[b].Successors)
            {
                predecessors[successor].Add(b);
            }

            FlowBlock block = graph.Blocks[b];
            if (graph.Instructions.Skip(block.First).Take(block.End - block.First).Any(instruction => IsCopy(instruction.Syntax)))
            {
                waiting.Enqueue(b);
            }
        }

        while (waiting.TryDequeue(out int b))
        {
            foreach (int predecessor in predecessors[b].Where(predecessor => !reaches[predecessor]))
            {
                reaches[predecessor] = true;
                waiting.Enqueue(predecessor);
            }
        }

        return reaches;
    }

    private static bool IsCopy(InstructionSyntax syntax) =>
        syntax is { Opcode: "cp", Modifiers: ["async", "ca" or "cg", ..] };

    private static bool IsWait(InstructionSyntax syntax) => syntax.Guard is null && syntax.Opcode == "cp"
        && (syntax.Modifiers is ["async", "wait_all"]
            || (syntax.Modifiers is ["async", "wait_group"] && syntax.Operands is [LiteralOperand { Bits: 0 }]));

    private static bool IsBarrier(InstructionSyntax syntax) => syntax.Guard is null
        && syntax.Opcode is "bar" or "barrier" && (syntax.Modifiers.Contains("sync") || syntax.Modifiers.Contains("red")) && !syntax.Modifiers.Contains("warp");

    private static bool IsSharedStore(InstructionSyntax syntax) =>
        syntax.Opcode == "stmatrix" || (syntax.Opcode == "st" && syntax.Modifiers.Any(word => word is "shared" or "shared::cta"));
}
