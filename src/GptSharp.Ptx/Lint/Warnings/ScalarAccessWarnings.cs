using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Warnings;

/// <summary>Warns of accesses to shared memory that came apart: several scalars where one vector of 16 bytes would do.</summary>
internal static class ScalarAccessWarnings
{
    private const int VectorBytes = 16;

    /// <summary>Notes the first access of each group of neighbours within a block that together fill 16 bytes.</summary>
    public static void Check(FlowGraph graph, FindingList warnings)
    {
        foreach (FlowBlock block in graph.Blocks)
        {
            // By base, then by opcode and type: the accesses since the base was last written.
            var bases = new Dictionary<int, Dictionary<(string Opcode, string Type), List<(long Offset, SourceSpan Span)>>>();
            for (int i = block.First; i < block.End; i++)
            {
                FlowInstruction instruction = graph.Instructions[i];
                if (ScalarAccess(instruction) is { } access)
                {
                    bases.TryAdd(access.Base, []);
                    bases[access.Base].TryAdd(access.Kind, []);
                    bases[access.Base][access.Kind].Add((access.Offset, instruction.Syntax.Span));
                }

                foreach (int result in instruction.Results)
                {
                    if (bases.Remove(result, out var groups))
                    {
                        Report(groups, warnings);
                    }
                }
            }

            foreach (var groups in bases.Values)
            {
                Report(groups, warnings);
            }
        }
    }

    private static (int Base, (string Opcode, string Type) Kind, long Offset)? ScalarAccess(FlowInstruction instruction)
    {
        InstructionSyntax syntax = instruction.Syntax;
        if (syntax.Guard is not null || syntax.Operands.Count != 2 || syntax.Opcode is not ("ld" or "st") || syntax.Modifiers is not ["shared", var type]
            || ScalarTypes.Parse(type).Bytes() is not (4 or 8))
        {
            return null;
        }

        OperandSyntax place = syntax.Operands[syntax.Opcode == "ld" ? ^1 : 0];
        int source = syntax.Opcode == "ld" ? instruction.Sources.Count - 1 : 0;
        return place is AddressOperand { Base: NameOperand { Name: ['%', ..] } } address && source >= 0 && source < instruction.Sources.Count
            ? (instruction.Sources[source], (syntax.Opcode, type), address.Offset)
            : null;
    }

    private static void Report(Dictionary<(string Opcode, string Type), List<(long Offset, SourceSpan Span)>> groups, FindingList warnings)
    {
        foreach (((string opcode, string type), List<(long, SourceSpan)> accesses) in groups)
        {
            Report(opcode, type, accesses, warnings);
        }
    }

    private static void Report(string opcode, string type, List<(long Offset, SourceSpan Span)> accesses, FindingList warnings)
    {
        int bytes = ScalarTypes.Parse(type).Bytes();
        int count = VectorBytes / bytes;
        var byOffset = new Dictionary<long, SourceSpan>();
        foreach ((long offset, SourceSpan span) in accesses)
        {
            byOffset.TryAdd(offset, span);
        }

        foreach ((long offset, SourceSpan span) in byOffset)
        {
            if (offset % VectorBytes == 0 && Enumerable.Range(1, count - 1).All(k => byOffset.ContainsKey(offset + (k * bytes))))
            {
                warnings.Add(span, $"This and {count - 1} more of {opcode}.shared.{type} fill 16 bytes side by side: one {opcode}.shared.v{count}.{type} would do, if the address is a multiple of 16.");
            }
        }
    }
}
