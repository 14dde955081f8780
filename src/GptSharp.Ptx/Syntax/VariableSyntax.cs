namespace GptSharp.Ptx.Syntax;

/// <summary>A declared variable, parameter or register.</summary>
/// <param name="Span">The whole declaration, which may declare others too; of a parameter, its name.</param>
/// <param name="Linkage">Who sees it.</param>
/// <param name="Space">Where it lives.</param>
/// <param name="Type">Type of its elements.</param>
/// <param name="VectorLength">2 or 4 for <c>.v2</c> and <c>.v4</c>, otherwise 1.</param>
/// <param name="Alignment">Alignment in bytes: declared, or that of the type.</param>
/// <param name="Name">Its name; the common beginning of the names when <paramref name="RangeCount"/> is given.</param>
/// <param name="RangeCount">n in <c>%r&lt;n&gt;</c>, which declares <c>%r0</c> to <c>%r(n-1)</c>; otherwise null.</param>
/// <param name="Dimensions">Lengths of an array, outermost first, 0 for <c>[]</c>; empty for a scalar.</param>
/// <param name="Initializer">What it holds at the start, or null.</param>
/// <param name="Pointer">What a kernel's parameter points to, or null.</param>
public sealed record VariableSyntax(
    SourceSpan Span,
    Linkage Linkage,
    StateSpace Space,
    ScalarType Type,
    int VectorLength,
    int Alignment,
    string Name,
    int? RangeCount,
    IReadOnlyList<long> Dimensions,
    InitializerSyntax? Initializer,
    PointerSyntax? Pointer)
{
    /// <summary>Bytes of one element, a vector counted whole.</summary>
    public int ElementBytes => Type.Bytes() * VectorLength;

    /// <summary>Whether it is an array without a length: <c>name[]</c>.</summary>
    public bool IsUnsized => Dimensions.Count > 0 && Dimensions[0] == 0;

    /// <summary>Bytes of the whole variable; 0 when it is unsized.</summary>
    public long ByteLength
    {
        get
        {
            long bytes = ElementBytes;
            foreach (long length in Dimensions)
            {
                bytes *= length;
            }

            return bytes;
        }
    }
}

/// <summary>The <c>.ptr</c> attribute of a kernel's parameter.</summary>
/// <param name="Space">The space pointed to; generic when none is named.</param>
/// <param name="Alignment">Alignment of what is pointed to.</param>
public sealed record PointerSyntax(StateSpace Space, int Alignment);

/// <summary>A value that a variable holds at the start.</summary>
public abstract record InitializerSyntax;

/// <summary>A literal.</summary>
/// <param name="Literal">The literal.</param>
public sealed record LiteralInitializer(LiteralOperand Literal) : InitializerSyntax;

/// <summary>The address of a variable or function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Offset">Bytes added.</param>
/// <param name="IsGeneric">Whether the generic address is meant: <c>generic(name)</c>.</param>
/// <param name="Mask">The byte of the address that is stored, for example <c>0xFF00(name)</c>; 0 for the whole address.</param>
public sealed record AddressInitializer(string Name, long Offset, bool IsGeneric, ulong Mask) : InitializerSyntax;

/// <summary>A list in braces; what is missing at its end is zero.</summary>
/// <param name="Elements">Its elements.</param>
public sealed record ListInitializer(IReadOnlyList<InitializerSyntax> Elements) : InitializerSyntax;
