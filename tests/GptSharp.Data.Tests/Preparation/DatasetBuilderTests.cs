using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Filters;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;

namespace GptSharp.Data.Tests.Preparation;

public sealed class DatasetBuilderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static DatasetOptions Full => new()
    {
        Tokenizer = new ByteTokenizer(),
        Separator = "\n",
        ValidationShare = 0.1,
        TestShare = 0.05,
        Filters = [FilterNames.Create("gopher-repetition:max_top_2gram=0.9,max_lines=0.9,max_line_characters=0.9,max_5gram=1,max_6gram=1,max_7gram=1,max_8gram=1,max_9gram=1,max_10gram=1"), FilterNames.Create("gopher-quality:min_common_words=0,min_words=20")],
        DropDuplicates = true,
        NearDuplicateThreshold = 0.7,
        ShardTokens = 60_000,
    };

    public void Dispose() => _folder.Dispose();

    private static DatasetManifest Build(string source, string folder, DatasetOptions options, Action<PreparationStatus>? status = null, CancellationToken? cancellation = null) =>
        DatasetBuilder.Build(TextCorpus.Open(source), folder, options, status, cancellation ?? TestContext.Current.CancellationToken);

    private static string[] Texts(Dataset dataset, ITokenSource source)
    {
        long[] ends = [.. source.DocumentStarts.Skip(1), source.Count];
        return [.. source.DocumentStarts.Zip(ends, (start, end) =>
        {
            var tokens = new int[end - start];
            source.Read(start, tokens);
            return dataset.Tokenizer.Decode(tokens);
        })];
    }

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        string corpus = Preparation.Corpora.Mixed(_folder, seed: 1);
        Dictionary<string, string>? first = null;
        foreach (int threads in new[] { 1, 2, 3, 8 })
        {
            string target = _folder.At($"{threads}", "set");
            DatasetManifest made = Build(corpus, target, Full with { Threads = threads });
            Assert.True(made.Shards["train"].Count > 3, "The test is about several shards.");
            Dictionary<string, string> bytes = Preparation.Corpora.Bytes(target);
            Assert.Contains("report.json", bytes.Keys);
            Assert.Equal(first ??= bytes, bytes);
        }
    }

    [Fact]
    public void An_attempt_stopped_at_any_checkpoint_goes_on_to_the_same_bits()
    {
        string corpus = Preparation.Corpora.Mixed(_folder, seed: 2);
        DatasetOptions options = Full with { CheckpointEvery = TimeSpan.Zero, Threads = 2 };
        Build(corpus, _folder.At("whole", "set"), options);
        Dictionary<string, string> whole = Preparation.Corpora.Bytes(_folder.At("whole", "set"));

        string target = _folder.At("parts", "set");
        HashSet<string> stages = [];
        int attempts = 0;
        for (bool isDone = false; !isDone; attempts++)
        {
            // Each attempt is stopped after a few of its own checkpoints.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            int saved = 0;
            try
            {
                Build(corpus, target, options, status =>
                {
                    Assert.Equal(attempts > 0, status.IsResumed);
                    stages.Add(status.Stage);
                    if (++saved == 4)
                    {
                        stop.Cancel();
                    }
                }, stop.Token);
                isDone = true;
            }
            catch (OperationCanceledException)
            {
                Assert.False(Directory.Exists(target));
                Assert.True(attempts < 200);
            }
        }

        Assert.True(attempts > 5, $"It was done after {attempts} attempts.");
        Assert.Equal(["comparing", "reading", "writing"], stages.Order());
        Assert.Equal(whole, Preparation.Corpora.Bytes(target));
        Assert.Equal([target], Directory.EnumerateFileSystemEntries(_folder.At("parts")));
    }

    [Fact]
    public void A_stopped_attempt_over_other_text_or_with_other_options_is_not_gone_on_with()
    {
        string corpus = Preparation.Corpora.Mixed(_folder, seed: 3);
        string target = _folder.At("set");
        foreach (Action change in new Action[] { () => { }, () => _folder.Put("corpus/new.txt", "A new document, longer than that.") })
        {
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => Build(corpus, target, Full with { CheckpointEvery = TimeSpan.Zero, Force = true }, _ => stop.Cancel(), stop.Token));
            Assert.True(Directory.Exists(target + ".tmp"));
            change();
            Build(corpus, target, Full with { ShardTokens = 70_000, Force = true }, status => Assert.False(status.IsResumed));
        }
    }

    [Fact]
    public void Two_processes_do_not_work_on_one_data_set()
    {
        string corpus = Preparation.Corpora.Mixed(_folder, seed: 4);
        string? refusal = null;
        Build(corpus, _folder.At("set"), Full, _ => refusal ??= Assert.Throws<CorpusException>(() => Build(corpus, _folder.At("set"), Full)).Message);
        Assert.Equal($"{_folder.At("set.tmp")} is being worked on by another process; wait for it, or choose another folder.", refusal);
    }

    [Fact]
    public void Documents_of_every_source_arrive_whole_behind_their_separator()
    {
        string corpus = Preparation.Corpora.Mixed(_folder, seed: 5);
        Build(corpus, _folder.At("set"), new DatasetOptions { Tokenizer = new ByteTokenizer(), Separator = "\f", TestShare = 0.1, ShardTokens = 100_000 });
        using Dataset dataset = Dataset.Open(_folder.At("set"));
        string[] found = [.. Texts(dataset, dataset.Train), .. Texts(dataset, dataset.Validation), .. Texts(dataset, dataset.Test!)];
        Assert.All(found, text => Assert.StartsWith("\f", text, StringComparison.Ordinal));

        // Read independently.
        List<string> expected = [.. File.ReadAllLines(_folder.At("corpus", "a.jsonl")), .. Unpacked("b/packed.jsonl.gz").Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        expected = [.. expected.Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!["text"]!.GetValue<string>())];
        expected.AddRange(Directory.GetFiles(_folder.At("corpus", "texts")).Select(File.ReadAllText));
        expected.Add(Unpacked("long.txt.gz"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), found.Select(text => text[1..]).Order(StringComparer.Ordinal));
        Assert.Equal(12, dataset.Manifest.SeparatorToken);

        string Unpacked(string name)
        {
            using var unpacked = new StreamReader(new System.IO.Compression.GZipStream(File.OpenRead(_folder.At("corpus", name)), System.IO.Compression.CompressionMode.Decompress));
            return unpacked.ReadToEnd();
        }
    }

    [Fact]
    public void Exact_copies_are_dropped_but_the_first_and_the_report_says_so()
    {
        string corpus = Preparation.Corpora.Mixed(_folder, seed: 6);
        Build(corpus, _folder.At("all", "set"), new DatasetOptions { Tokenizer = new ByteTokenizer() });
        Build(corpus, _folder.At("set"), new DatasetOptions { Tokenizer = new ByteTokenizer(), DropDuplicates = true });
        using Dataset all = Dataset.Open(_folder.At("all", "set")), dataset = Dataset.Open(_folder.At("set"));
        string[] before = [.. Texts(all, all.Train), .. Texts(all, all.Validation)], after = [.. Texts(dataset, dataset.Train), .. Texts(dataset, dataset.Validation)];
        Assert.Equal(before.Distinct().Order(StringComparer.Ordinal), after.Order(StringComparer.Ordinal));

        PreparationReport report = PreparationReport.Load(_folder.At("set"))!;
        DropReport dropped = Assert.Single(report.Dropped);
        Assert.Equal(("exact-duplicates", before.Length - after.Length), (dropped.Reason, dropped.Documents));
        Assert.Equal(before.Sum(text => text.EnumerateRunes().LongCount()) - after.Sum(text => text.EnumerateRunes().LongCount()), dropped.Characters);
        Assert.Equal(5, dropped.Samples.Count);
        Assert.All(dropped.Samples, sample => Assert.Contains("corpus", sample.Place, StringComparison.Ordinal));
    }

    [Fact]
    public void A_text_file_is_split_at_a_delimiter_and_line_breaks_around_it_go()
    {
        string source = _folder.Put("stories.txt", string.Join("\n<|endoftext|>\n", Enumerable.Range(0, 30).Select(i => $"Story {i}\n\nends.")) + "\n<|endoftext|>\n");
        DatasetBuilder.Build(TextCorpus.Open([source], "<|endoftext|>"), _folder.At("set"), new DatasetOptions(), null, TestContext.Current.CancellationToken);
        using Dataset dataset = Dataset.Open(_folder.At("set"));
        Assert.Equal(
            Enumerable.Range(0, 30).Select(i => $"Story {i}\n\nends.").Order(StringComparer.Ordinal),
            Texts(dataset, dataset.Train).Concat(Texts(dataset, dataset.Validation)).Order(StringComparer.Ordinal));
        Assert.Equal(30, dataset.Manifest.Documents);
    }

    [Fact]
    public void A_data_set_of_the_first_layout_is_still_read()
    {
        Build(_folder.Put("a.txt", new string('x', 100)), _folder.At("set"), new DatasetOptions());
        string path = _folder.At("set", "dataset.json");
        System.Text.Json.Nodes.JsonNode json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(path))!;
        json["format"] = 1;
        json.AsObject().Remove("shards");
        File.WriteAllText(path, json.ToJsonString());
        using Dataset dataset = Dataset.Open(_folder.At("set"));
        Assert.Equal((90, 10), (dataset.Train.Count, dataset.Validation.Count));
    }

    [Theory]
    [InlineData("{\"text\": \"a\"}\n{\"text\": \"b\"\n", "line 2: it is not valid JSON")]
    [InlineData("{\"text\": \"a\"}\n\n[1]\n", "line 3: it is no JSON object; each line must be one, such as {\"text\": \"…\"}.")]
    [InlineData("{\"id\": 1, \"body\": \"a\"}\n", "line 1: it has no text in a field 'text'; its fields are id, body. --text-field names another.")]
    [InlineData("{\"text\": 5}\n", "line 1: it has no text in a field 'text'; its fields are text.")]
    [InlineData("{\"text\": \"\\ud800\"}\n", "line 1: it is not valid JSON (a text in it is not UTF-8, or half of a surrogate pair).")]
    [InlineData("{\"text\": \"a\"} x\n", "line 1: it is not valid JSON")]
    public void A_line_that_is_no_document_is_refused_by_file_and_line(string lines, string problem)
    {
        string source = _folder.Put("a.jsonl", lines);
        string sentence = Assert.Throws<CorpusException>(() => Build(source, _folder.At("set"), new DatasetOptions())).Message;
        Assert.StartsWith($"{source}, {problem}", sentence, StringComparison.Ordinal);
        Assert.Equal([source], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_cannot_be_read_may_be_dropped_and_reported_instead()
    {
        string good = string.Concat(Enumerable.Range(0, 20).Select(i => Preparation.Corpora.Line($"document {i} {new string('x', i)}")));
        string source = _folder.Put("a.jsonl", good + "{broken\n{\"id\": 4}\n{\"text\": \"\"}\n");
        DatasetManifest made = Build(source, _folder.At("set"), new DatasetOptions { DropUnreadable = true });
        Assert.Equal(20, made.Documents);
        IReadOnlyList<DropReport> dropped = PreparationReport.Load(_folder.At("set"))!.Dropped;
        Assert.Equal([("empty", 1L), ("unreadable", 2L)], dropped.Select(reason => (reason.Reason, reason.Documents)));
        Assert.Contains("line 21: it is not valid JSON", dropped[1].Samples[0].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_gzip_is_refused_wherever_it_is_cut()
    {
        byte[] packed = Preparation.Corpora.Gzip(Preparation.Corpora.Prose(new Random(1), 2000));
        foreach (int length in new[] { 5, 11, packed.Length / 2, packed.Length - 9, packed.Length - 1 })
        {
            string source = _folder.Put("a.txt.gz", packed[..length]);
            string sentence = Assert.Throws<CorpusException>(() => Build(source, _folder.At("set"), new DatasetOptions())).Message;
            Assert.StartsWith($"{source} is truncated or damaged: its gzip stream breaks off after ", sentence, StringComparison.Ordinal);
        }

        packed[packed.Length / 2] ^= 4;
        Assert.Throws<CorpusException>(() => Build(_folder.Put("a.txt.gz", packed), _folder.At("set"), new DatasetOptions()));
    }

    [Fact]
    public void A_line_longer_than_the_limit_and_foreign_formats_are_refused()
    {
        string source = _folder.Put("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"" + new string('x', (16 << 20) + 1) + "\"}\n");
        Assert.StartsWith($"{source}, line 2: the line is longer than 16 MiB;", Assert.Throws<CorpusException>(() => Build(source, _folder.At("set"), new DatasetOptions())).Message, StringComparison.Ordinal);
        source = _folder.Put("a.parquet", "PAR1");
        Assert.StartsWith($"{source} cannot be read: .parquet is neither text", Assert.Throws<CorpusException>(() => TextCorpus.Open(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void When_filters_leave_nothing_the_sentence_says_which()
    {
        string source = _folder.Put("a.jsonl", string.Concat(Enumerable.Range(0, 12).Select(i => Preparation.Corpora.Line($"short {i}"))));
        Assert.Equal(
            $"{source}: every document was dropped: 12 by gopher-quality (the first: 2 words); use milder filters or other text.",
            Assert.Throws<CorpusException>(() => Build(source, _folder.At("set"), new DatasetOptions { Filters = [FilterNames.Create("gopher-quality")] })).Message);
    }
}
