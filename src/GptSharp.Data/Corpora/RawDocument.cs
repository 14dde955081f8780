namespace GptSharp.Data.Corpora;

/// <summary>A document, or a section of a long one, as its bytes lie in a <see cref="RawBatch"/>.</summary>
/// <param name="File">The file.</param>
/// <param name="Start">Its first byte in the batch.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Offset">Its first byte in the unpacked file.</param>
/// <param name="Line">The line that it begins on, from 1; 0 where lines do not matter.</param>
/// <param name="IsContinuation">Whether it continues the document before it.</param>
internal readonly record struct RawDocument(CorpusFile File, int Start, int Length, long Offset, long Line, bool IsContinuation)
{
    /// <summary>Where it is, for people.</summary>
    public string Place => File.Format == CorpusFormat.JsonLines ? $"{File.Path}, line {Line}" : Offset == 0 ? File.Path : $"{File.Path}, byte {Offset}";
}

/// <summary>Consecutive documents of a corpus, as many as make a fair piece of work for one core.</summary>
/// <param name="Bytes">Holds them.</param>
/// <param name="Documents">Where they lie.</param>
/// <param name="Next">Where reading goes on.</param>
internal sealed record RawBatch(ArraySegment<byte> Bytes, IReadOnlyList<RawDocument> Documents, CorpusPosition Next)
{
    /// <summary>The bytes of a document.</summary>
    public ReadOnlySpan<byte> BytesOf(RawDocument document) => Bytes.AsSpan(document.Start, document.Length);
}
