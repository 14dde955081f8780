namespace GptSharp.Data.Tokenizers;

/// <summary>A token that is found in the text as it is written, before anything else happens to the text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">How it is written.</param>
public sealed record AddedToken(int Id, string Content)
{
    /// <summary>Found only where no letter or digit touches it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes the white space to its left with it.</summary>
    public bool LeftStrip { get; init; }

    /// <summary>Takes the white space to its right with it.</summary>
    public bool RightStrip { get; init; }

    /// <summary>Looked for in the normalized text, and in its own normalized form.</summary>
    public bool Normalized { get; init; }

    /// <summary>Not text: a mark such as the end of a document.</summary>
    public bool Special { get; init; }
}
