using System.Buffers;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Preparation;

/// <summary>The second reading of a corpus: what is kept becomes tokens, and tokens become shards.</summary>
internal sealed class WritePass(
    TextCorpus corpus, DatasetOptions options, DropReasons reasons, Decision decision, ITokenizer tokenizer, int? separator, string folder)
{
    private readonly DatasetScratch _scratch = new(folder);

    /// <summary>Reads to the end.</summary>
    /// <param name="state">How far an earlier attempt came.</param>
    /// <param name="save">Told now and then how far this one has.</param>
    /// <param name="cancellation">Stops it; progress is saved.</param>
    public WriteState Run(WriteState state, Action<WriteState> save, CancellationToken cancellation)
    {
        ShardWriter[] writers =
        [
            .. DatasetFolder.Splits.Select((split, i) => new ShardWriter(folder, split, tokenizer.VocabularySize, options.ShardTokens, state.Shards[i])),
        ];
        var samples = new SampleList(reasons.Count, state.Samples);
        var cadence = new Cadence(options.CheckpointEvery);
        try
        {
            using var pipeline = new OrderedPipeline<PlannedBatch, EncodedBatch>(
                new WritePlan(corpus, _scratch).Read(state), batch => batch.Raw.Bytes.Count, DatasetBuilder.BytesUnderWay, CreateWorker, options.Threads);
            pipeline.Run(
                (batch, encoded) =>
                {
                    state = Take(state, batch, encoded, writers, samples);
                    encoded.Dispose();
                    if (cadence.IsDue())
                    {
                        Checkpoint();
                    }
                },
                cancellation);
            return state with
            {
                IsDone = true,
                Shards = [.. writers.Select(writer => new ShardProgress(writer.Finish(), 0, 0))],
                Samples = samples.ToLists(),
            };
        }
        catch (OperationCanceledException)
        {
            Checkpoint();
            throw;
        }
        finally
        {
            Array.ForEach(writers, writer => writer.Dispose());
        }

        void Checkpoint() => save(state with { Shards = [.. writers.Select(writer => writer.Checkpoint())], Samples = samples.ToLists() });
    }

    private WriteState Take(WriteState state, PlannedBatch batch, EncodedBatch encoded, ShardWriter[] writers, SampleList samples)
    {
        long documents = state.Documents;
        foreach (EncodedPart part in encoded.Parts)
        {
            ShardWriter writer = writers[part.Split];
            if (corpus.IsSingleText)
            {
                writer.AppendStream(encoded.TokensOf(part));
                continue;
            }

            if (part.BeginsDocument)
            {
                writer.BeginDocument();
            }

            writer.Append(encoded.TokensOf(part));
        }

        foreach ((int reason, DroppedSample sample) in encoded.Dropped)
        {
            samples.Add(reason, sample);
        }

        long characters = state.Characters;
        foreach (PlannedSection section in batch.Sections.Where(section => section.IsKept))
        {
            documents += section.Record.IsContinuation == 0 ? 1 : 0;
            characters += section.Record.Characters;
        }

        return state with { Position = batch.Raw.Next, Sections = state.Sections + batch.Sections.Count, Characters = characters, Documents = documents };
    }

    private Func<PlannedBatch, EncodedBatch> CreateWorker()
    {
        var review = new DocumentReview(options);
        return batch =>
        {
            var encoded = new EncodedBatch();
            for (int i = 0; i < batch.Sections.Count; i++)
            {
                Encode(batch.Raw, batch.Raw.Documents[i], batch.Sections[i], review, encoded);
            }

            ArrayPool<byte>.Shared.Return(batch.Raw.Bytes.Array!);
            return encoded;
        };
    }

    private void Encode(RawBatch batch, RawDocument raw, PlannedSection section, DocumentReview review, EncodedBatch encoded)
    {
        int reason = section.Verdict - Decider.Dropped;
        if (reason == reasons.Duplicate || reason == reasons.NearDuplicate)
        {
            if (!raw.IsContinuation && encoded.Dropped.Count(dropped => dropped.Reason == reason) < SampleList.Most)
            {
                encoded.AddDropped(reason, DocumentReview.Sample(raw, review.Read(raw, batch.BytesOf(raw)), why: null));
            }
        }
        else if (section.IsKept)
        {
            if (raw.IsContinuation && !tokenizer.MayCutBeforeLineFeeds)
            {
                throw new CorpusException(
                    $"{raw.File.Path} has a document longer than {SectionCutter.LongestSection >> 20} MiB, and the tokenizer ({tokenizer.Kind}) must see a text whole; divide it, or name what stands between its documents with --split-at.");
            }

            string text = review.Read(raw, batch.BytesOf(raw));
            if (DocumentReview.Record(raw, new Reviewed(text, 0, null)) != section.Record)
            {
                throw WritePlan.Changed(raw.File.Path);
            }

            if (section.Verdict == Decider.ByPosition)
            {
                Divide(raw, text, section.First, encoded);
            }
            else
            {
                Add(section.Verdict, text, !raw.IsContinuation, encoded);
            }
        }
    }

    // A part that begins in the middle of a document begins a document of its split.
    private void Divide(RawDocument raw, string text, long first, EncodedBatch encoded)
    {
        long end = first + Document.CharactersOf(text);
        ReadOnlySpan<long> cuts = [0, decision.FirstOfValidation, decision.FirstOfTest, long.MaxValue];
        int place = 0;
        for (int split = 0; split < DatasetFolder.Splits.Count; split++)
        {
            long from = Math.Max(first, cuts[split]);
            long to = Math.Min(end, cuts[split + 1]);
            if (from < to)
            {
                int next = IndexOf(text, place, (int)(to - from));
                Add(split, text[place..next], !raw.IsContinuation || from > first || from == cuts[split], encoded);
                place = next;
            }
        }
    }

    private void Add(int split, string text, bool beginsDocument, EncodedBatch encoded) =>
        encoded.Add(split, beginsDocument ? separator : null, text, tokenizer, beginsDocument);

    // Where so many characters end in UTF-16, where some take two places.
    private static int IndexOf(string text, int start, int characters)
    {
        for (; characters > 0; characters--)
        {
            start += char.IsHighSurrogate(text[start]) ? 2 : 1;
        }

        return start;
    }
}
