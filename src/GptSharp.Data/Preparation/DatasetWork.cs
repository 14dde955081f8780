using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Preparation;

/// <summary>The stages of a preparation: survey, decision, tokens, index. Each is passed over where an earlier attempt did it.</summary>
internal sealed class DatasetWork(TextCorpus corpus, DatasetOptions options, WorkFolder work, CancellationToken cancellation)
{
    private readonly DropReasons _reasons = new(options);

    /// <summary>Does what is left to do.</summary>
    /// <param name="name">Name of the data set.</param>
    public DatasetManifest Run(string name)
    {
        Survey();
        Decision decision = Decide();
        ITokenizer tokenizer = CreateTokenizer();
        int? separator = SeparatorToken(tokenizer);
        Write(decision, tokenizer, separator);

        var folder = new DatasetFolder(work.Path);
        ShardWriter.Clear(work.Path);
        Dictionary<string, IReadOnlyList<DatasetShard>> shards = NameShards();
        TokenizerFile.Save(folder.Tokenizer, tokenizer);
        PreparationReport.Of(_reasons, decision, work.Progress.Survey, work.Progress.Write, WasLookedAt).Save(folder.Report);
        DatasetManifest manifest = new()
        {
            Format = DatasetManifest.CurrentFormat,
            Name = name,
            Source = corpus.Path,
            SourceSha256 = work.Progress.SourceSha256!,
            Tokenizer = tokenizer.Kind,
            VocabularySize = tokenizer.VocabularySize,
            Separator = separator is null ? null : options.Separator,
            SeparatorToken = separator,
            Characters = decision.Characters,
            Documents = decision.Documents,
            Split = decision.Split,
            ValidationShare = options.ValidationShare,
            TestShare = options.TestShare,
            TrainTokens = shards["train"].Sum(shard => shard.Tokens),
            ValidationTokens = shards["validation"].Sum(shard => shard.Tokens),
            TestTokens = shards["test"].Sum(shard => shard.Tokens),
            Shards = shards,
        };
        manifest.Save(folder.Manifest);
        return manifest;
    }

    private void Survey()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<string> hash = work.Progress.SourceSha256 is { } known ? Task.FromResult(known) : Task.Run(() => corpus.Sha256(stop.Token), stop.Token);
        try
        {
            if (!work.Progress.Survey.IsDone)
            {
                SurveyState done = new SurveyPass(corpus, options, _reasons, work.Scratch).Run(
                    work.Progress.Survey, state => work.Save(work.Progress with { Survey = state }, "reading", state.Documents), cancellation);
                work.Save(work.Progress with { Survey = done }, "reading", done.Documents);
            }

            work.Save(work.Progress with { SourceSha256 = hash.GetAwaiter().GetResult() }, "reading", work.Progress.Survey.Documents);
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }

    private Decision Decide()
    {
        if (work.Progress.Decision is { } decided)
        {
            return decided;
        }

        Decision decision = new Decider(options, _reasons, work.Scratch, corpus.IsSingleText).Run(cancellation);
        CheckLength(decision);
        work.Save(work.Progress with { Decision = decision }, "comparing", work.Progress.Survey.Documents);
        return decision;
    }

    private void CheckLength(Decision decision)
    {
        long dropped = decision.DroppedDocuments.Sum();
        if (decision.Documents == 0)
        {
            IEnumerable<string> causes = Enumerable.Range(1, _reasons.Count)
                .Where(reason => decision.DroppedDocuments[reason - 1] > 0)
                .Select(reason => $"{decision.DroppedDocuments[reason - 1]} by {_reasons.Name(reason)}{Example(reason)}");
            throw new CorpusException(
                decision.DroppedDocuments[DropReasons.Empty - 1] == dropped
                    ? $"{corpus.Path} holds no text{(dropped <= 1 ? ", only a byte-order mark" : "")}."
                    : $"{corpus.Path}: every document was dropped: {string.Join(", ", causes)}; use milder filters or other text.");
        }

        string? empty = decision.SplitCharacters[0] == 0 ? "training"
            : decision.SplitCharacters[1] == 0 ? "validation"
            : decision.SplitCharacters[2] == 0 && options.TestShare > 0 ? "the test"
            : null;
        if (empty is not null)
        {
            throw new CorpusException($"{corpus.Path} has only {Quantity.Of(decision.Characters, "character")}, which leaves none for {empty}; use more text or other shares.");
        }
    }

    private string Example(int reason) => work.Progress.Survey.Samples[reason - 1] is [{ Why: { } why }, ..] ? $" (the first: {why})" : "";

    // What no document has lost its text to need not be in a report.
    private bool WasLookedAt(int reason) =>
        reason >= DropReasons.FirstFilter
        && (reason != _reasons.Duplicate || options.DropDuplicates)
        && (reason != _reasons.NearDuplicate || options.NearDuplicateThreshold is not null);

    private ITokenizer CreateTokenizer() =>
        options.Tokenizer ?? CharTokenizer.Of(work.Progress.Survey.Alphabet + (corpus.IsSingleText ? "" : options.Separator));

    private int? SeparatorToken(ITokenizer tokenizer)
    {
        if (options.Separator is not { } text || corpus.IsSingleText)
        {
            return null;
        }

        return tokenizer.Encode(text) is [int token]
            ? token
            : throw new CorpusException(
                $"The separator {System.Text.Json.JsonSerializer.Serialize(text)} is not one token of the {tokenizer.Kind} tokenizer; name a text that is.");
    }

    private void Write(Decision decision, ITokenizer tokenizer, int? separator)
    {
        if (!work.Progress.Write.IsDone)
        {
            WriteState done = new WritePass(corpus, options, _reasons, decision, tokenizer, separator, work.Path).Run(
                work.Progress.Write, state => work.Save(work.Progress with { Write = state }, "writing", state.Documents), cancellation);
            work.Save(work.Progress with { Write = done }, "writing", done.Documents);
        }
    }

    // A split of one file has no numbers. An attempt that was killed here has renamed some already.
    private Dictionary<string, IReadOnlyList<DatasetShard>> NameShards()
    {
        Dictionary<string, IReadOnlyList<DatasetShard>> named = [];
        foreach ((string split, ShardProgress progress) in DatasetFolder.Splits.Zip(work.Progress.Write.Shards))
        {
            named[split] = progress.Finished is [DatasetShard only] ? [Rename(only, DatasetFolder.OnlyShardName(split))] : progress.Finished;
        }

        return named;
    }

    private DatasetShard Rename(DatasetShard shard, string name)
    {
        string from = Path.Combine(work.Path, shard.File);
        if (File.Exists(from))
        {
            File.Move(from, Path.Combine(work.Path, name), overwrite: true);
        }

        return shard with { File = name };
    }
}
