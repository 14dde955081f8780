namespace GptSharp.Ptx.Syntax;

/// <summary>A kernel or function.</summary>
/// <param name="Span">Its head: from linkage to the last directive before the body.</param>
/// <param name="Linkage">Who sees it.</param>
/// <param name="IsEntry">Whether it is a kernel.</param>
/// <param name="Name">Its name.</param>
/// <param name="Results">Results of a function.</param>
/// <param name="Parameters">Parameters.</param>
/// <param name="Directives">What stands between the parameters and the body: <c>.maxntid</c>, <c>.reqntid</c>, ...</param>
/// <param name="Body">The body; null for a declaration that ends with a semicolon.</param>
public sealed record FunctionSyntax(
    SourceSpan Span,
    Linkage Linkage,
    bool IsEntry,
    string Name,
    IReadOnlyList<VariableSyntax> Results,
    IReadOnlyList<VariableSyntax> Parameters,
    IReadOnlyList<DirectiveSyntax> Directives,
    BlockSyntax? Body);

/// <summary>A directive with numbers or texts: <c>.maxntid 128, 1, 1</c>.</summary>
/// <param name="Span">Where.</param>
/// <param name="Name">Its name without the dot.</param>
/// <param name="Values">Its numbers.</param>
public sealed record DirectiveSyntax(SourceSpan Span, string Name, IReadOnlyList<long> Values);
