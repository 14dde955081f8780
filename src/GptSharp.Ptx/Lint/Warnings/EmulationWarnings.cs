using GptSharp.Ptx.Execution;
using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint.Warnings;

/// <summary>Warns of legal statements that the emulator cannot run.</summary>
internal static class EmulationWarnings
{
    /// <summary>Notes them, as far as they are legal.</summary>
    public static void Check(ModuleSyntax module, FindingList refused, FindingList warnings)
    {
        if (!module.Functions.All(function => RegisterPressure.IsTractable(FlowGraph.Build(function))))
        {
            return;
        }

        // What variables hold does not matter here, and their memory need not be there.
        ModuleSyntax legal = module with
        {
            Variables = module.Variables.Select(variable => variable with { Dimensions = variable.Dimensions.Count == 0 ? [] : [1], Initializer = null }).ToList(),
            Functions = module.Functions.Select(function => function with { Body = Legal(function.Body, refused) }).ToList(),
        };
        foreach ((SourceSpan span, string reason) in EmulationGaps.Find(legal))
        {
            warnings.Add(span, $"The emulator cannot run this: {reason}");
        }
    }

    private static BlockSyntax? Legal(BlockSyntax? block, FindingList refused) => block is null ? null : block with
    {
        Statements = block.Statements
            .Where(statement => statement is not InstructionSyntax || !refused.Has(statement.Span))
            .Select(statement => statement is BlockSyntax inner ? Legal(inner, refused)! : statement)
            .ToList(),
    };
}
