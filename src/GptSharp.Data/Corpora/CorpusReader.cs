using System.Buffers;
using System.Text;

namespace GptSharp.Data.Corpora;

/// <summary>
/// Reads a corpus from a position to its end, in batches. Where a batch ends depends on the corpus alone, and so does where a long
/// document is cut.
/// </summary>
internal sealed class CorpusReader(TextCorpus corpus)
{
    /// <summary>A batch is full when it has this many bytes; the document that fills it is whole.</summary>
    public const int BatchBytes = 256 << 10;

    private const int BatchDocuments = 4096;

    private readonly byte[]? _delimiter = corpus.Delimiter is { } text ? Encoding.UTF8.GetBytes(text) : null;

    /// <summary>Reads.</summary>
    /// <param name="from">Where to begin.</param>
    /// <exception cref="CorpusException">A file is damaged, or a line of JSON too long.</exception>
    public IEnumerable<RawBatch> Read(CorpusPosition from)
    {
        using var buffer = new InputBuffer();
        var batch = new ArrayBufferWriter<byte>(BatchBytes * 2);
        List<RawDocument> documents = [];
        CorpusPosition next = from;
        foreach (CorpusFile file in corpus.Files.Skip(checked((int)from.File)))
        {
            using Stream stream = file.Open();
            IDocumentCutter cutter = file.Format == CorpusFormat.JsonLines ? new LineCutter(file.Path) : new SectionCutter(_delimiter);
            buffer.Begin(stream, next.Offset);
            long line = next.Line;
            bool within = next.IsWithinDocument;
            while (cutter.TryCut(buffer, line, within, out Cut cut))
            {
                if (cut.Length > 0)
                {
                    documents.Add(new RawDocument(file, batch.WrittenCount, cut.Length, buffer.Offset + cut.Start, file.Format == CorpusFormat.JsonLines ? line + 1 : 0, within));
                    batch.Write(buffer.Available.Slice(cut.Start, cut.Length));
                }

                buffer.Advance(cut.Consumed);
                line += cut.Lines;
                within = cut.IsUnfinished;
                next = new CorpusPosition(next.File, buffer.Offset, line, within);
                if (batch.WrittenCount >= BatchBytes || documents.Count == BatchDocuments)
                {
                    yield return Take(next);
                }
            }

            next = new CorpusPosition(next.File + 1, 0, 0, false);
        }

        if (documents.Count > 0)
        {
            yield return Take(next);
        }

        RawBatch Take(CorpusPosition end)
        {
            byte[] rented = ArrayPool<byte>.Shared.Rent(batch.WrittenCount);
            batch.WrittenSpan.CopyTo(rented);
            var taken = new RawBatch(new ArraySegment<byte>(rented, 0, batch.WrittenCount), documents, end);
            documents = [];
            if (batch.Capacity > BatchBytes * 4)
            {
                // After an uncommonly long document.
                batch = new ArrayBufferWriter<byte>(BatchBytes * 2);
            }
            else
            {
                batch.ResetWrittenCount();
            }

            return taken;
        }
    }
}
