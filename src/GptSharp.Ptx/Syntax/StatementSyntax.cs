namespace GptSharp.Ptx.Syntax;

/// <summary>What stands in the body of a function.</summary>
/// <param name="Span">Where.</param>
public abstract record StatementSyntax(SourceSpan Span);

/// <summary>The predicate before an instruction: <c>@%p1</c> or <c>@!%p1</c>.</summary>
/// <param name="Register">The predicate register.</param>
/// <param name="Negated">Whether the instruction is executed where it is false.</param>
public sealed record GuardSyntax(string Register, bool Negated);

/// <summary>An instruction, known or not.</summary>
/// <param name="Span">The whole statement, with guard and semicolon.</param>
/// <param name="Guard">The predicate before it, or null.</param>
/// <param name="Opcode">The word before the first dot: <c>ld</c>.</param>
/// <param name="Modifiers">The dotted words, in order, without dots: <c>global</c>, <c>L1::evict_last</c>, <c>v4</c>, <c>f32</c>.</param>
/// <param name="Operands">The operands, in order.</param>
public sealed record InstructionSyntax(
    SourceSpan Span, GuardSyntax? Guard, string Opcode, IReadOnlyList<string> Modifiers, IReadOnlyList<OperandSyntax> Operands)
    : StatementSyntax(Span)
{
    /// <summary>Opcode and modifiers: <c>ld.global.v4.f32</c>.</summary>
    public string Name => Modifiers.Count == 0 ? Opcode : $"{Opcode}.{string.Join('.', Modifiers)}";
}

/// <summary>A label.</summary>
/// <param name="Span">Where.</param>
/// <param name="Name">Its name.</param>
public sealed record LabelSyntax(SourceSpan Span, string Name) : StatementSyntax(Span);

/// <summary>A declaration of registers or variables in a function.</summary>
/// <param name="Span">Where.</param>
/// <param name="Variables">What it declares.</param>
public sealed record DeclarationSyntax(SourceSpan Span, IReadOnlyList<VariableSyntax> Variables) : StatementSyntax(Span);

/// <summary>A scope in braces.</summary>
/// <param name="Span">Where it begins.</param>
/// <param name="Statements">What stands in it.</param>
public sealed record BlockSyntax(SourceSpan Span, IReadOnlyList<StatementSyntax> Statements) : StatementSyntax(Span);

/// <summary>The list of labels that a <c>brx.idx</c> jumps to (<c>.branchtargets</c>), or functions that a call reaches (<c>.calltargets</c>).</summary>
/// <param name="Span">Where.</param>
/// <param name="Name">The label before it.</param>
/// <param name="Targets">The names in the list.</param>
/// <param name="AreFunctions">Whether the targets are functions.</param>
public sealed record TargetListSyntax(SourceSpan Span, string Name, IReadOnlyList<string> Targets, bool AreFunctions) : StatementSyntax(Span);

/// <summary>The signature of an indirect call (<c>.callprototype</c>).</summary>
/// <param name="Span">Where.</param>
/// <param name="Name">The label before it.</param>
/// <param name="Results">The results.</param>
/// <param name="Parameters">The parameters.</param>
public sealed record CallPrototypeSyntax(
    SourceSpan Span, string Name, IReadOnlyList<VariableSyntax> Results, IReadOnlyList<VariableSyntax> Parameters) : StatementSyntax(Span);

/// <summary>A <c>.pragma</c>.</summary>
/// <param name="Span">Where.</param>
/// <param name="Texts">Its texts, without the quotes.</param>
public sealed record PragmaSyntax(SourceSpan Span, IReadOnlyList<string> Texts) : StatementSyntax(Span);
