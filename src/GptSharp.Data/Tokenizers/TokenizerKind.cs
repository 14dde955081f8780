namespace GptSharp.Data.Tokenizers;

/// <summary>How text becomes tokens.</summary>
public enum TokenizerKind
{
    /// <summary>One token per character that occurs in the text.</summary>
    Char,

    /// <summary>One token per byte of UTF-8; 256 tokens whatever the text.</summary>
    Byte,
}
