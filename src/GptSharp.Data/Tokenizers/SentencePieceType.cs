namespace GptSharp.Data.Tokenizers;

/// <summary>What a piece of a SentencePiece model is; GGUF files use the same numbers.</summary>
public enum SentencePieceType
{
    /// <summary>Text.</summary>
    Normal = 1,

    /// <summary>Stands for characters that the vocabulary lacks.</summary>
    Unknown = 2,

    /// <summary>A mark, such as the end of a text; never found in a text by SentencePiece itself.</summary>
    Control = 3,

    /// <summary>A text that is always one token.</summary>
    UserDefined = 4,

    /// <summary>Text that is not used.</summary>
    Unused = 5,

    /// <summary>A byte of a character that the vocabulary lacks.</summary>
    Byte = 6,
}
