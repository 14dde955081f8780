namespace GptSharp.Ptx.Lint;

/// <summary>What the linter says of a file.</summary>
/// <param name="Refused">Statements that a driver would refuse, in the order of the file, each once.</param>
/// <param name="Warnings">What is legal and deserves a look, in the order of the file.</param>
public sealed record LintReport(IReadOnlyList<LintFinding> Refused, IReadOnlyList<LintFinding> Warnings)
{
    /// <summary>Whether a driver would take the file.</summary>
    public bool Accepted => Refused.Count == 0;
}

/// <summary>One statement that the linter speaks of.</summary>
/// <param name="Line">The line where it begins, counted from 1.</param>
/// <param name="Column">The column where it begins, counted from 1.</param>
/// <param name="Text">The statement, on one line, cut when it is long.</param>
/// <param name="Reason">What is the matter: one sentence.</param>
public sealed record LintFinding(int Line, int Column, string Text, string Reason);
