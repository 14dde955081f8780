namespace GptSharp.Data.Corpora;

/// <summary>Finds the next document in a file.</summary>
internal interface IDocumentCutter
{
    /// <summary>Finds the document, or the section of it, that begins with the first available byte.</summary>
    /// <param name="buffer">The file; nothing is taken from it yet.</param>
    /// <param name="line">Lines before, for messages.</param>
    /// <param name="isWithin">Whether the document has begun before.</param>
    /// <param name="cut">What was found.</param>
    /// <returns>False at the end of the file.</returns>
    bool TryCut(InputBuffer buffer, long line, bool isWithin, out Cut cut);
}

/// <summary>A document, or a section of it, at the beginning of a buffer.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its bytes; 0 for nothing but what separates documents.</param>
/// <param name="Consumed">Bytes up to where the next begins.</param>
/// <param name="Lines">Lines that end within them.</param>
/// <param name="IsUnfinished">Whether the document goes on.</param>
internal readonly record struct Cut(int Start, int Length, int Consumed, int Lines, bool IsUnfinished);
