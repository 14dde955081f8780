namespace GptSharp.Ptx.Syntax;

/// <summary>An operand of an instruction.</summary>
public abstract record OperandSyntax;

/// <summary>
/// A name: a register, a special register, a variable, a function, a label, or <c>_</c>. Which of these, the declarations in
/// scope say.
/// </summary>
/// <param name="Name">The name, for example <c>%r1</c>, <c>%tid</c>, <c>smem</c>.</param>
/// <param name="Component">The part of a vector that a dot selects (<c>x</c> in <c>%tid.x</c>), or null.</param>
/// <param name="Negated">Whether a <c>!</c> stands before it (a <c>-</c> in video instructions).</param>
/// <param name="Offset">What is added to the address of a variable: 8 in <c>smem+8</c>.</param>
public sealed record NameOperand(string Name, string? Component, bool Negated, long Offset) : OperandSyntax
{
    /// <summary>Name and component: <c>%tid.x</c>.</summary>
    public string FullName => Component is null ? Name : $"{Name}.{Component}";

    /// <summary>Whether this is <c>_</c>: a result that nobody wants.</summary>
    public bool IsSink => Name == "_";
}

/// <summary>How a literal is written.</summary>
public enum LiteralKind
{
    /// <summary>An integer, of 64 bits.</summary>
    Integer,

    /// <summary>The bits of a float: <c>0f3F800000</c>.</summary>
    Float32,

    /// <summary>The bits of a double (<c>0d3FF0000000000000</c>) or a decimal fraction (<c>1.0</c>).</summary>
    Float64,
}

/// <summary>A literal or constant expression.</summary>
/// <param name="Bits">Its bits: 64 of an integer or double, 32 of a float.</param>
/// <param name="Kind">How it is written.</param>
/// <param name="Negative">Whether an integer is below zero, so that <paramref name="Bits"/> is its two's complement.</param>
public sealed record LiteralOperand(ulong Bits, LiteralKind Kind, bool Negative) : OperandSyntax
{
    /// <summary>The value of an integer literal.</summary>
    public long Value => (long)Bits;
}

/// <summary>An address in square brackets.</summary>
/// <param name="Base">A name (register or variable), or a literal when the address is absolute.</param>
/// <param name="Offset">Bytes added.</param>
/// <param name="Rest">What follows a comma inside the brackets: the coordinates of a tensor copy or texture.</param>
public sealed record AddressOperand(OperandSyntax Base, long Offset, IReadOnlyList<OperandSyntax> Rest) : OperandSyntax;

/// <summary>An element of an array variable: <c>table[3]</c>.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Index">Its index: a literal or a register.</param>
public sealed record ElementOperand(string Name, OperandSyntax Index) : OperandSyntax;

/// <summary>A vector in braces: <c>{%r1, %r2}</c>.</summary>
/// <param name="Elements">Its elements.</param>
public sealed record VectorOperand(IReadOnlyList<OperandSyntax> Elements) : OperandSyntax
{
    /// <summary>The predicate behind a bar (<c>{%r1, %r2}|%p1</c>), or null: whether a texture's memory was there.</summary>
    public NameOperand? Second { get; init; }
}

/// <summary>Two results of one instruction: <c>%r1|%p1</c>.</summary>
/// <param name="First">The result before the bar.</param>
/// <param name="Second">The result behind it.</param>
public sealed record PairOperand(NameOperand First, NameOperand Second) : OperandSyntax;

/// <summary>The results or arguments of a call, in parentheses.</summary>
/// <param name="Elements">The names and literals.</param>
public sealed record ListOperand(IReadOnlyList<OperandSyntax> Elements) : OperandSyntax;
