namespace GptSharp.Ptx.Syntax;

/// <summary>A PTX file as it was parsed. Statements that could not be parsed are in <see cref="Refused"/>; the rest is there.</summary>
/// <param name="Text">The file's text.</param>
/// <param name="Version">The <c>.version</c>, or null when there is none.</param>
/// <param name="Target">The <c>.target</c>, or null when there is none.</param>
/// <param name="AddressSize">32 or 64, as <c>.address_size</c> says; 64 when it does not.</param>
/// <param name="Variables">Variables of module scope, in order.</param>
/// <param name="Functions">Kernels and functions, declarations without a body included, in order.</param>
/// <param name="Refused">Statements that could not be parsed, in order.</param>
public sealed record ModuleSyntax(
    string Text,
    VersionSyntax? Version,
    TargetSyntax? Target,
    int AddressSize,
    IReadOnlyList<VariableSyntax> Variables,
    IReadOnlyList<FunctionSyntax> Functions,
    IReadOnlyList<RefusedStatement> Refused);

/// <summary>The <c>.version</c> of a file.</summary>
/// <param name="Span">Where.</param>
/// <param name="Major">7 in 7.8.</param>
/// <param name="Minor">8 in 7.8.</param>
public sealed record VersionSyntax(SourceSpan Span, int Major, int Minor);

/// <summary>The <c>.target</c> of a file.</summary>
/// <param name="Span">Where.</param>
/// <param name="Names">What it lists: <c>sm_80</c>, <c>debug</c>.</param>
public sealed record TargetSyntax(SourceSpan Span, IReadOnlyList<string> Names);

/// <summary>A statement that is not PTX.</summary>
/// <param name="Span">Where it begins, and its text.</param>
/// <param name="Reason">What is wrong and what was expected, one sentence.</param>
public sealed record RefusedStatement(SourceSpan Span, string Reason);
