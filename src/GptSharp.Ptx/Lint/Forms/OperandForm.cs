namespace GptSharp.Ptx.Lint.Forms;

/// <summary>What kind of operand a form wants.</summary>
internal enum OperandKind
{
    /// <summary>A register, and as a source also a literal.</summary>
    Value,

    /// <summary>Several values in braces.</summary>
    Vector,

    /// <summary>An address in brackets.</summary>
    Address,

    /// <summary>An address followed by coordinates: of a tensor, a texture or a surface.</summary>
    Coordinates,

    /// <summary>A register that holds an address, without brackets.</summary>
    Pointer,

    /// <summary>A literal.</summary>
    Constant,

    /// <summary>A label.</summary>
    Label,

    /// <summary>A list of labels (<c>.branchtargets</c>).</summary>
    LabelList,

    /// <summary>All operands of a call.</summary>
    Call,

    /// <summary>Offsets of a texture fetch: a vector of integers.</summary>
    Offsets,

    /// <summary>The underscore: a result that nobody wants.</summary>
    Sink,
}

/// <summary>Whether a second result may or must follow a bar.</summary>
internal enum SecondResult
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>There may be one.</summary>
    Optional,

    /// <summary>There must be one.</summary>
    Required,
}

/// <summary>One operand of a form.</summary>
internal sealed record OperandForm
{
    /// <summary>Its kind.</summary>
    public required OperandKind Kind { get; init; }

    /// <summary>Its type, or null when it has none.</summary>
    public FormType? Type { get; init; }

    /// <summary>Whether the instruction writes it.</summary>
    public bool IsResult { get; init; }

    /// <summary>Whether literals are excluded.</summary>
    public bool RegisterOnly { get; init; }

    /// <summary>Whether the register may be wider than the type.</summary>
    public bool IsRelaxed { get; init; }

    /// <summary>Whether a <c>!</c> may stand before a predicate.</summary>
    public bool IsNegatable { get; init; }

    /// <summary>Whether the name of a variable or function may stand for its address.</summary>
    public bool TakesSymbols { get; init; }

    /// <summary>Whether a part of a register may be selected: <c>%r1.b0</c>, <c>%r1.h1</c>.</summary>
    public bool TakesParts { get; init; }

    /// <summary>Whether the result may be <c>_</c>.</summary>
    public bool TakesSink { get; init; }

    /// <summary>Whether the elements of a vector divide the bits of the type among them.</summary>
    public bool IsPacked { get; init; }

    /// <summary>Number of a vector's elements; null when any number will do.</summary>
    public FormCount? Count { get; init; }

    /// <summary>What follows a bar.</summary>
    public SecondResult Second { get; init; }

    /// <summary>Whether the operand may be missing.</summary>
    public bool IsOptional { get; init; }

    /// <summary>The slot with which the operand comes and goes, or null.</summary>
    public int? OnlyWith { get; init; }

    /// <summary>Lowest value of a constant; null when any will do.</summary>
    public long? Lowest { get; init; }

    /// <summary>Highest value of a constant.</summary>
    public long Highest { get; init; }

    /// <summary>What a constant is a multiple of.</summary>
    public long Step { get; init; } = 1;

    /// <summary>The values of a constant, when they are no range.</summary>
    public IReadOnlyList<long>? Values { get; init; }
}

/// <summary>The type of an operand: one that the table names, or the word that a slot took.</summary>
/// <param name="Capture">The slot, or null.</param>
/// <param name="Name">The type's name when there is no slot.</param>
/// <param name="IsDoubled">Whether twice the width is meant.</param>
internal sealed record FormType(int? Capture, string? Name, bool IsDoubled);

/// <summary>A number of elements: fixed, or the number in the word that a slot took, times or divided by something.</summary>
/// <param name="Capture">The slot (<c>v4</c>, <c>x8</c>, <c>m64n128k16</c>), or null.</param>
/// <param name="Factor">The number itself without a slot; otherwise what the slot's number is multiplied with.</param>
/// <param name="Divisor">What it is divided by.</param>
internal sealed record FormCount(int? Capture, int Factor, int Divisor);
