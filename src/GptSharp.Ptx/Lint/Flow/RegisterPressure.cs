using System.Collections;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Flow;

/// <summary>How many registers hold a value that is still needed, at the worst place of a function.</summary>
internal static class RegisterPressure
{
    // One bit per block and register; what is larger is no program that anybody wrote.
    private const long MostBits = 50_000_000;

    /// <summary>
    /// The largest number of 32-bit registers that are live at once (64-bit ones count twice, predicates not at all), and the
    /// instruction before which they are. NVIDIA's assembler needs about as many: 0.96 to 1.26 times as many in kernels with mma.
    /// </summary>
    /// <param name="function">A kernel or function.</param>
    public static (int Registers, SourceSpan At) MaxLive(FunctionSyntax function)
    {
        FlowGraph graph = FlowGraph.Build(function);
        return MaxLive(graph) is { Instruction: >= 0 } worst
            ? (worst.Registers, graph.Instructions[worst.Instruction].Syntax.Span)
            : (0, function.Span);
    }

    /// <summary>Whether a function is of a size that anybody writes, so that what lives where can be worked out.</summary>
    internal static bool IsTractable(FlowGraph graph) => (long)graph.Blocks.Count * graph.Registers.Count <= MostBits;

    /// <summary>The same for a graph; the instruction is -1 when the graph is empty or too large.</summary>
    internal static (int Registers, int Instruction) MaxLive(FlowGraph graph)
    {
        if (graph.Blocks.Count == 0 || !IsTractable(graph))
        {
            return (0, -1);
        }

        BitArray[] liveIn = LiveIn(graph);
        (int most, int where) = (0, -1);
        var live = new BitArray(graph.Registers.Count);
        for (int b = 0; b < graph.Blocks.Count; b++)
        {
            live.SetAll(false);
            FlowBlock block = graph.Blocks[b];
            foreach (int successor in block.Successors)
            {
                live.Or(liveIn[successor]);
            }

            int count = Count(live, graph);
            for (int i = block.End - 1; i >= block.First; i--)
            {
                count += Step(graph.Instructions[i], live, graph);
                if (count > most || (count == most && where >= block.First) || where < 0)
                {
                    (most, where) = (count, i);
                }
            }
        }

        return (most, where);
    }

    // Backward over the blocks until nothing changes.
    private static BitArray[] LiveIn(FlowGraph graph)
    {
        int blocks = graph.Blocks.Count;
        var predecessors = new List<int>[blocks];
        for (int b = 0; b < blocks; b++)
        {
            predecessors[b] = [];
        }

        for (int b = 0; b < blocks; b++)
        {
            foreach (int successor in graph.Blocks[b].Successors)
            {
                predecessors[successor].Add(b);
            }
        }

        var liveIn = new BitArray[blocks];
        var waiting = new Queue<int>();
        var isWaiting = new bool[blocks];
        for (int b = blocks - 1; b >= 0; b--)
        {
            liveIn[b] = new BitArray(graph.Registers.Count);
            waiting.Enqueue(b);
            isWaiting[b] = true;
        }

        var live = new BitArray(graph.Registers.Count);
        while (waiting.TryDequeue(out int b))
        {
            isWaiting[b] = false;
            live.SetAll(false);
            foreach (int successor in graph.Blocks[b].Successors)
            {
                live.Or(liveIn[successor]);
            }

            for (int i = graph.Blocks[b].End - 1; i >= graph.Blocks[b].First; i--)
            {
                Step(graph.Instructions[i], live, graph);
            }

            if (!Same(live, liveIn[b]))
            {
                liveIn[b].SetAll(false);
                liveIn[b].Or(live);
                foreach (int predecessor in predecessors[b].Where(predecessor => !isWaiting[predecessor]))
                {
                    waiting.Enqueue(predecessor);
                    isWaiting[predecessor] = true;
                }
            }
        }

        return liveIn;
    }

    // What is live before an instruction; returns by how many registers the number changes. A guarded write may leave the old value.
    private static int Step(FlowInstruction instruction, BitArray live, FlowGraph graph)
    {
        int change = 0;
        if (instruction.Syntax.Guard is null)
        {
            foreach (int result in instruction.Results)
            {
                change -= live[result] ? Weight(graph.Registers[result]) : 0;
                live[result] = false;
            }
        }

        foreach (int source in instruction.Sources)
        {
            change += live[source] ? 0 : Weight(graph.Registers[source]);
            live[source] = true;
        }

        return change;
    }

    private static int Count(BitArray live, FlowGraph graph)
    {
        int count = 0;
        for (int i = 0; i < live.Length; i++)
        {
            count += live[i] ? Weight(graph.Registers[i]) : 0;
        }

        return count;
    }

    private static int Weight(ScalarType type) => type == ScalarType.Pred ? 0 : Math.Max(1, type.Bits() / 32);

    private static bool Same(BitArray a, BitArray b) => !new BitArray(a).Xor(b).HasAnySet();
}
