namespace GptSharp.Ptx.Syntax;

/// <summary>What a token is.</summary>
internal enum TokenKind : byte
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A name: an opcode, a register, a symbol, a label.</summary>
    Name,

    /// <summary>A dot and a word: <c>.reg</c>, <c>.f32</c>, <c>.L1::evict_last</c>.</summary>
    Dotted,

    /// <summary>A number in any notation.</summary>
    Number,

    /// <summary>A text in double quotes.</summary>
    Quoted,

    /// <summary>One character of punctuation, or one of the operators of two characters.</summary>
    Punctuation,

    /// <summary>A character that PTX does not know, or a text or comment without an end.</summary>
    Invalid,
}

/// <summary>One token: its kind and where it stands.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Index of its first character.</param>
/// <param name="Length">Number of characters.</param>
/// <param name="Line">Line of its first character, counted from 1.</param>
/// <param name="Column">Column of its first character, counted from 1.</param>
internal readonly record struct Token(TokenKind Kind, int Start, int Length, int Line, int Column)
{
    /// <summary>Index behind the last character.</summary>
    public int End => Start + Length;
}
