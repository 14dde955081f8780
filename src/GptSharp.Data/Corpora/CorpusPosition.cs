namespace GptSharp.Data.Corpora;

/// <summary>A place in a corpus at which reading can begin again.</summary>
/// <param name="File">Number of the file, in the order of <see cref="TextCorpus.Files"/>.</param>
/// <param name="Offset">Bytes of the file's text, unpacked, that lie before.</param>
/// <param name="Line">Lines of it that lie before.</param>
/// <param name="IsWithinDocument">Whether what follows continues a document.</param>
public sealed record CorpusPosition(long File, long Offset, long Line, bool IsWithinDocument)
{
    /// <summary>Before everything.</summary>
    public static CorpusPosition Start { get; } = new(0, 0, 0, false);
}
