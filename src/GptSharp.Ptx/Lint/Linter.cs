using GptSharp.Ptx.Lint.Forms;
using GptSharp.Ptx.Lint.Warnings;
using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>
/// Stands in for NVIDIA's assembler: says which statements of a PTX file a driver would refuse, and warns of what is legal but
/// slow, dangerous or impossible to emulate.
/// </summary>
public static class Linter
{
    /// <summary>Checks a file's text.</summary>
    /// <param name="text">The text; any text will do.</param>
    /// <returns>Every refused statement, and the warnings.</returns>
    public static LintReport Lint(string text) => Lint(Parser.Parse(text));

    /// <summary>Checks a parsed file.</summary>
    /// <param name="module">The file; what the parser refused is part of the report.</param>
    /// <returns>Every refused statement, and the warnings.</returns>
    public static LintReport Lint(ModuleSyntax module)
    {
        ArgumentNullException.ThrowIfNull(module);
        var refused = new FindingList();
        var warnings = new FindingList();
        foreach (RefusedStatement statement in module.Refused)
        {
            refused.Add(statement.Span, statement.Reason);
        }

        TargetGpu target = TargetCheck.Check(module, refused);
        new ModuleCheck(module, target, refused, warnings).Check();
        EmulationWarnings.Check(module, refused, warnings);
        return new LintReport(refused.InOrder(), warnings.InOrder());
    }
}
