using GptSharp.Ptx.Syntax;

namespace GptSharp.Ptx.Lint;

/// <summary>Collects findings: one per statement, the first that is reported.</summary>
internal sealed class FindingList
{
    private readonly List<(int Start, LintFinding Finding)> _findings = [];
    private readonly HashSet<int> _starts = [];

    /// <summary>Whether something was said of the statement that begins where a span begins.</summary>
    public bool Has(SourceSpan span) => _starts.Contains(span.Start);

    /// <summary>Adds a finding, unless its statement has one.</summary>
    public void Add(SourceSpan span, string reason)
    {
        if (_starts.Add(span.Start))
        {
            _findings.Add((span.Start, new LintFinding(span.Line, span.Column, span.Text, reason)));
        }
    }

    /// <summary>The findings in the order of the file.</summary>
    public List<LintFinding> InOrder() => _findings.OrderBy(finding => finding.Start).Select(finding => finding.Finding).ToList();
}
