using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Warnings;

/// <summary>All warnings that look at a function as a whole.</summary>
internal static class FunctionWarnings
{
    // Of the 255 registers that a thread can have; the assembler needs 10 to 15 % more than are live in PTX.
    private const int ManyRegisters = 200;

    /// <summary>Notes what deserves a look in a function.</summary>
    public static void Check(FunctionSyntax function, FindingList warnings)
    {
        FlowGraph graph = FlowGraph.Build(function);
        ScalarAccessWarnings.Check(graph, warnings);
        PendingCopyWarnings.Check(graph, warnings);
        LoopWarnings.Check(graph, warnings);
        (int registers, int instruction) = RegisterPressure.MaxLive(graph);
        if (registers > ManyRegisters)
        {
            SourceSpan span = graph.Instructions[instruction].Syntax.Span;
            warnings.Add(function.Span, $"'{function.Name}' needs {registers} registers at once at line {span.Line}; a thread has 255, and what is too much goes to local memory.");
        }
    }
}
