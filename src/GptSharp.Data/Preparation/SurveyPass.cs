using System.Buffers;
using System.Text;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Duplicates;

namespace GptSharp.Data.Preparation;

/// <summary>
/// The first reading of a corpus: each document is judged by the filters, and what must be known of it later is put in files.
/// </summary>
internal sealed class SurveyPass(TextCorpus corpus, DatasetOptions options, DropReasons reasons, DatasetScratch scratch)
{
    private const int CodePoints = 0x110000;

    private readonly bool[] _occurs = new bool[options.Tokenizer is null ? CodePoints : 0];

    /// <summary>Reads to the end.</summary>
    /// <param name="state">How far an earlier attempt came.</param>
    /// <param name="save">Told now and then how far this one has.</param>
    /// <param name="cancellation">Stops it; progress is saved.</param>
    public SurveyState Run(SurveyState state, Action<SurveyState> save, CancellationToken cancellation)
    {
        foreach (Rune character in state.Alphabet.EnumerateRunes())
        {
            _occurs[character.Value] = true;
        }

        using FileStream records = Resume(scratch.Survey, state.Sections * SizeOf<SurveyRecord>());
        using FileStream signatures = Resume(scratch.Signatures, state.Signatures * SizeOf<SignedDocument>());
        var samples = new SampleList(reasons.Count, state.Samples);
        var cadence = new Cadence(options.CheckpointEvery);
        try
        {
            using var pipeline = new OrderedPipeline<RawBatch, Surveyed>(
                new CorpusReader(corpus).Read(state.Position), batch => batch.Bytes.Count, DatasetBuilder.BytesUnderWay, CreateWorker, options.Threads);
            pipeline.Run(
                (batch, surveyed) =>
                {
                    Take(batch, surveyed);
                    if (cadence.IsDue())
                    {
                        Checkpoint(state);
                    }
                },
                cancellation);
        }
        catch (OperationCanceledException)
        {
            Checkpoint(state);
            throw;
        }

        Checkpoint(state with { IsDone = true });
        return state with { IsDone = true, Alphabet = Alphabet(), Samples = samples.ToLists() };

        void Take(RawBatch batch, Surveyed surveyed)
        {
            long documents = state.Documents;
            long signed = state.Signatures;
            for (int i = 0; i < surveyed.Records.Length; i++)
            {
                documents += surveyed.Records[i].IsContinuation == 0 ? 1 : 0;
                RecordFile.Write(records, surveyed.Records[i]);
                if (surveyed.Signatures[i] is { } signature)
                {
                    RecordFile.Write(signatures, new SignedDocument(documents - 1, signature));
                    signed++;
                }
            }

            surveyed.Dropped.ForEach(dropped => samples.Add(dropped.Reason, dropped.Sample));
            state = state with { Position = batch.Next, Sections = state.Sections + surveyed.Records.Length, Documents = documents, Signatures = signed };
        }

        void Checkpoint(SurveyState reached)
        {
            records.Flush(flushToDisk: true);
            signatures.Flush(flushToDisk: true);
            save(reached with { Alphabet = Alphabet(), Samples = samples.ToLists() });
        }
    }

    private static int SizeOf<T>()
        where T : unmanaged => System.Runtime.CompilerServices.Unsafe.SizeOf<T>();

    private static FileStream Resume(string path, long length)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1 << 16);
        stream.SetLength(length);
        stream.Position = length;
        return stream;
    }

    private Func<RawBatch, Surveyed> CreateWorker()
    {
        var review = new DocumentReview(options);
        return batch =>
        {
            var surveyed = new Surveyed(new SurveyRecord[batch.Documents.Count], new ushort[]?[batch.Documents.Count], []);
            for (int i = 0; i < batch.Documents.Count; i++)
            {
                RawDocument raw = batch.Documents[i];
                Reviewed reviewed = review.Judge(raw, batch.BytesOf(raw));
                surveyed.Records[i] = DocumentReview.Record(raw, reviewed);
                if (reviewed.Reason > 0)
                {
                    surveyed.AddSample(reviewed.Reason, () => DocumentReview.Sample(raw, reviewed.Text, reviewed.Why));
                    continue;
                }

                NoteCharacters(reviewed.Text);
                if (options.NearDuplicateThreshold is not null && !raw.IsContinuation)
                {
                    surveyed.Signatures[i] = NearDuplicates.SignatureOf(review.Text);
                }
            }

            ArrayPool<byte>.Shared.Return(batch.Bytes.Array!);
            return surveyed;
        };
    }

    // Threads write the same value, in whatever order.
    private void NoteCharacters(string text)
    {
        if (_occurs.Length == 0)
        {
            return;
        }

        for (int i = 0; i < text.Length; i++)
        {
            char unit = text[i];
            _occurs[char.IsHighSurrogate(unit) ? char.ConvertToUtf32(unit, text[++i]) : unit] = true;
        }
    }

    private string Alphabet()
    {
        var alphabet = new StringBuilder();
        for (int code = 0; code < _occurs.Length; code++)
        {
            if (_occurs[code])
            {
                alphabet.Append(new Rune(code).ToString());
            }
        }

        return alphabet.ToString();
    }

    private sealed record Surveyed(SurveyRecord[] Records, ushort[]?[] Signatures, List<(short Reason, DroppedSample Sample)> Dropped)
    {
        public void AddSample(short reason, Func<DroppedSample> sample)
        {
            if (Dropped.Count(dropped => dropped.Reason == reason) < SampleList.Most)
            {
                Dropped.Add((reason, sample()));
            }
        }
    }
}
