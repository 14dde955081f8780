namespace GptSharp.Interop.Gguf;

/// <summary>What a token is, by the numbers of <c>tokenizer.ggml.token_type</c>, which are SentencePiece's.</summary>
internal enum GgufTokenType
{
    /// <summary>Text.</summary>
    Normal = 1,

    /// <summary>Stands for what the vocabulary cannot write.</summary>
    Unknown = 2,

    /// <summary>Not text; found in text only on demand.</summary>
    Control = 3,

    /// <summary>Text that is always this token, whatever stands around it.</summary>
    UserDefined = 4,

    /// <summary>Never used: a row of the model's table that has no token.</summary>
    Unused = 5,

    /// <summary>A byte, written <c>&lt;0x0A&gt;</c>.</summary>
    Byte = 6,
}
