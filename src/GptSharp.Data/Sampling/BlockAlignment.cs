namespace GptSharp.Data.Sampling;

/// <summary>Where the blocks of a token source start.</summary>
public enum BlockAlignment
{
    /// <summary>One after the other, wherever that is; each epoch shifts all boundaries.</summary>
    Stream,

    /// <summary>At the first token of a document, so that no scored token has lost what came before it in its document.</summary>
    Document,

    /// <summary>Whole documents side by side, packed so that blocks are full; only a document longer than a block is cut.</summary>
    Pack,
}
