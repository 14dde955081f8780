using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokens;
using GptSharp.Files;

namespace GptSharp.Data.Tests.Datasets;

public sealed class DatasetTests : IDisposable
{
    private static readonly DatasetOptions Bytes = new() { Tokenizer = new ByteTokenizer() };

    private readonly TemporaryFolder _folder = new();

    private string Out => _folder.At("out", "set");

    public void Dispose() => _folder.Dispose();

    private static string Text(Dataset dataset, ITokenSource source)
    {
        var tokens = new int[source.Count];
        source.Read(0, tokens);
        return dataset.Tokenizer.Decode(tokens);
    }

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

    private Dataset Make(string source, DatasetOptions? options = null)
    {
        DatasetBuilder.Build(TextCorpus.Open(source), Out, options ?? new DatasetOptions());
        return Dataset.Open(Out);
    }

    private string Refusal(string source, DatasetOptions? options = null) =>
        Assert.Throws<CorpusException>(() => DatasetBuilder.Build(TextCorpus.Open(source), Out, options ?? new DatasetOptions())).Message;

    [Fact]
    public void A_file_is_cut_by_position_without_overlap_or_gap()
    {
        string text = string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i} é😀\n"));
        string source = _folder.Put("poem.txt", text);
        using Dataset dataset = Make(source, new DatasetOptions { ValidationShare = 0.2, TestShare = 0.1 });

        Rune[] characters = [.. text.EnumerateRunes()];
        Assert.Equal(string.Concat(characters.Take(characters.Length * 7 / 10)), Text(dataset, dataset.Train));
        Assert.Equal(text, Text(dataset, dataset.Train) + Text(dataset, dataset.Validation) + Text(dataset, dataset.Test!));
        Assert.Equal(characters.Length - (characters.Length * 9 / 10), dataset.Test!.Count);
        Assert.Empty(dataset.Train.DocumentStarts);

        DatasetManifest expected = new()
        {
            Format = 2,
            Name = "set",
            Source = source,
            SourceSha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            Tokenizer = "char",
            VocabularySize = characters.Distinct().Count(),
            Characters = characters.Length,
            Documents = 1,
            Split = SplitKind.Position,
            ValidationShare = 0.2,
            TestShare = 0.1,
            TrainTokens = dataset.Train.Count,
            ValidationTokens = dataset.Validation.Count,
            TestTokens = dataset.Test.Count,
        };
        Assert.Equal(expected, dataset.Manifest with { Shards = expected.Shards });
        foreach ((string split, IReadOnlyList<DatasetShard> shards) in dataset.Manifest.Shards)
        {
            DatasetShard shard = Assert.Single(shards);
            byte[] bytes = File.ReadAllBytes(Path.Combine(Out, split + ".tokens"));
            Assert.Equal(new DatasetShard(split + ".tokens", dataset.Manifest.TokensOf(split), 0, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))), shard);
        }
    }

    [Theory]
    [InlineData(0.1, 0, 10)]
    [InlineData(0.9, 0, 90)]
    [InlineData(0.3, 0.6, 30)]
    [InlineData(0.07, 0, 7)]
    public void Shares_of_a_hundred_characters_are_exact(double validation, double test, int expected)
    {
        using Dataset dataset = Make(_folder.Put("a.txt", new string('x', 100)), new DatasetOptions { ValidationShare = validation, TestShare = test });
        Assert.Equal(expected, dataset.Validation.Count);
        Assert.Equal((long)Math.Round(test * 100), dataset.Test?.Count ?? 0);
        Assert.Equal(test > 0, File.Exists(Path.Combine(Out, "test.tokens")));
    }

    [Fact]
    public void Both_tokenizers_cut_at_the_same_character()
    {
        string source = _folder.Put("a.txt", string.Concat(Enumerable.Repeat("é😀a€", 5000)));
        string validation;
        using (Dataset characters = Make(source))
        {
            validation = Text(characters, characters.Validation);
            Assert.Equal(4, characters.Tokenizer.VocabularySize);
        }

        using Dataset bytes = Make(source, Bytes with { Force = true });
        Assert.Equal(validation, Text(bytes, bytes.Validation));
        Assert.Equal(Encoding.UTF8.GetByteCount(validation), bytes.Validation.Count);
        Assert.Equal(256, bytes.Manifest.VocabularySize);
    }

    [Fact]
    public void A_character_that_only_validation_has_is_in_the_vocabulary()
    {
        using Dataset dataset = Make(_folder.Put("a.txt", new string('x', 95) + "abcde"));
        Assert.Equal("xxxxxabcde", Text(dataset, dataset.Validation));
    }

    [Fact]
    public void Documents_go_whole_into_one_split_and_copies_go_together()
    {
        var random = new Random(1);
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"document {i / 2} " + new string((char)('a' + (i / 2 % 26)), random.Next(1, 2) * 100) + "\n")];
        for (int i = 0; i < texts.Length; i++)
        {
            // Copies lie far apart in the order of names.
            _folder.Put($"texts/{i % 2}-{i:000}.txt", texts[i]);
        }

        using Dataset dataset = Make(_folder.At("texts"), new DatasetOptions { ValidationShare = 0.2, TestShare = 0.1 });
        string[] train = Texts(dataset, dataset.Train), validation = Texts(dataset, dataset.Validation), test = Texts(dataset, dataset.Test!);
        Assert.Equal(SplitKind.Documents, dataset.Manifest.Split);
        Assert.Equal(texts.Order(StringComparer.Ordinal), train.Concat(validation).Concat(test).Order(StringComparer.Ordinal));
        Assert.Empty(train.Intersect(validation));
        Assert.Empty(train.Intersect(test));
        Assert.Empty(validation.Intersect(test));
        double total = texts.Sum(text => text.Length);
        Assert.Equal(0.2, validation.Sum(text => text.Length) / total, 0.02);
        Assert.Equal(0.1, test.Sum(text => text.Length) / total, 0.02);
    }

    [Fact]
    public void Which_split_a_document_goes_to_does_not_depend_on_names()
    {
        for (int i = 0; i < 20; i++)
        {
            _folder.Put($"one/{i:00}.txt", $"text number {i}");
            _folder.Put($"two/{97 * i % 20:00}.md", $"text number {i}");
        }

        string[] one, two;
        using (Dataset dataset = Make(_folder.At("one")))
        {
            one = Texts(dataset, dataset.Validation);
        }

        using (Dataset dataset = Make(_folder.At("two"), new DatasetOptions { Force = true }))
        {
            two = Texts(dataset, dataset.Validation);
        }

        Assert.NotEmpty(one);
        Assert.Equal(one.Order(StringComparer.Ordinal), two.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Few_documents_are_cut_by_position_and_copies_left_out()
    {
        string[] texts = [new('a', 40), new('b', 40), new('a', 40), new('c', 20)];
        for (int i = 0; i < texts.Length; i++)
        {
            _folder.Put($"texts/{i}.txt", texts[i]);
        }

        using Dataset dataset = Make(_folder.At("texts"));
        Assert.Equal((SplitKind.Position, 3, 100), (dataset.Manifest.Split, dataset.Manifest.Documents, dataset.Manifest.Characters));
        Assert.Equal([texts[0], texts[1], texts[3][..10]], Texts(dataset, dataset.Train));
        Assert.Equal([texts[3][10..]], Texts(dataset, dataset.Validation));
    }

    [Fact]
    public void A_document_larger_than_all_others_together_does_not_leave_a_split_empty()
    {
        for (int i = 0; i < 12; i++)
        {
            _folder.Put($"texts/{i:00}.txt", i == 0 ? new string('x', 100_000) : $"short {i}");
        }

        using Dataset dataset = Make(_folder.At("texts"));
        Assert.InRange(dataset.Validation.Count, 1, 20_000);
        Assert.True(dataset.Train.Count > 80_000);
    }

    [Fact]
    public void The_hash_of_a_folder_is_that_of_its_files_one_after_the_other()
    {
        _folder.Put("texts/b.txt", new string('b', 100));
        _folder.Put("texts/a.txt", "\uFEFF" + new string('a', 100));
        using Dataset dataset = Make(_folder.At("texts"));
        byte[] all = [.. File.ReadAllBytes(_folder.At("texts", "a.txt")), .. File.ReadAllBytes(_folder.At("texts", "b.txt"))];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), dataset.Manifest.SourceSha256);
    }

    [Fact]
    public void A_text_too_short_to_divide_is_refused_and_nothing_is_left()
    {
        string source = _folder.Put("a.txt", "abcde");
        Assert.Equal($"{source} has only 5 characters, which leaves none for training; use more text or other shares.", Refusal(source, new DatasetOptions { ValidationShare = 0.9 }));
        source = _folder.Put("a.txt", "a");
        Assert.StartsWith($"{source} has only 1 character, which leaves none for ", Refusal(source), StringComparison.Ordinal);
        source = _folder.Put("a.txt", "\uFEFF");
        Assert.Equal($"{source} holds no text, only a byte-order mark.", Refusal(source));
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-0.1, 0)]
    [InlineData(0.1, -0.1)]
    [InlineData(0.5, 0.5)]
    [InlineData(double.NaN, 0)]
    public void Impossible_shares_are_refused(double validation, double test)
    {
        TextCorpus corpus = TextCorpus.Open(_folder.Put("a.txt", "abcde"));
        Assert.Throws<ArgumentOutOfRangeException>(() => DatasetBuilder.Build(corpus, Out, new DatasetOptions { ValidationShare = validation, TestShare = test }, null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Nothing_is_overwritten_unless_asked_and_nothing_foreign_even_then()
    {
        string source = _folder.Put("a.txt", new string('x', 100));
        Make(source).Dispose();
        Assert.Equal($"{Out} already exists and is not overwritten; --force replaces a data set.", Refusal(source));

        using (Dataset replaced = Make(_folder.Put("b.txt", new string('y', 200)), new DatasetOptions { Force = true }))
        {
            Assert.Equal(180, replaced.Train.Count);
        }

        string notes = _folder.Put("out/set/notes.doc", "mine");
        Assert.Equal($"{notes} is no part of a data set, so {Out} is not replaced; choose another folder or move it away.", Refusal(source, new DatasetOptions { Force = true }));
        Assert.Equal("mine", File.ReadAllText(notes));
        Assert.Equal(180, Dataset.Open(Out).Manifest.TrainTokens);
    }

    [Fact]
    public void A_failure_in_the_middle_leaves_the_old_data_set_and_no_part_of_a_new_one()
    {
        Make(_folder.Put("a.txt", new string('x', 100))).Dispose();
        TextCorpus corpus = TextCorpus.Open(_folder.Put("b.txt", new string('y', 100)));
        File.AppendAllText(_folder.At("b.txt"), "\0");
        Assert.Throws<CorpusException>(() => DatasetBuilder.Build(corpus, Out, new DatasetOptions { Force = true }, null, TestContext.Current.CancellationToken));
        using (Dataset old = Dataset.Open(Out))
        {
            Assert.Equal(new string('x', 10), Text(old, old.Validation));
        }

        Assert.Equal([Out], Directory.EnumerateFileSystemEntries(_folder.At("out")));
    }

    [Fact]
    public void What_a_killed_attempt_left_behind_is_cleared_away()
    {
        _folder.Put("out/set.tmp/train.tokens.tmp", "half");
        Make(_folder.Put("a.txt", new string('x', 100))).Dispose();
        Assert.Equal([Out], Directory.EnumerateFileSystemEntries(_folder.At("out")));
    }

    [Fact]
    public void A_data_set_that_is_not_there_is_answered_with_the_command_that_makes_it()
    {
        Assert.Equal("There is no data set in data/tinyshakespeare; make it with: gptsharp data get tinyshakespeare", Missing("data/tinyshakespeare", null));
        Assert.Equal("There is no data set in elsewhere; make it with: gptsharp data get tinyshakespeare --out elsewhere", Missing("elsewhere", "tinyshakespeare"));
        Assert.Equal("There is no data set in data/my texts; make it with: gptsharp data prepare TEXT --out \"data/my texts\"", Missing("data/my texts", "mine"));
        Assert.StartsWith($"{_folder.Path} is no data set: it has no dataset.json; make it with: ", Missing(_folder.Path, null), StringComparison.Ordinal);

        static string Missing(string folder, string? name) => Assert.Throws<CorpusException>(() => Dataset.Open(folder, name)).Message;
    }

    [Fact]
    public void A_data_set_with_files_of_another_is_refused()
    {
        string train = Path.Combine(Out, "train.tokens"), tokenizer = Path.Combine(Out, "tokenizer.json"), manifest = Path.Combine(Out, "dataset.json");
        Make(_folder.Put("a.txt", new string('x', 50) + new string('y', 50))).Dispose();
        File.Copy(Path.Combine(Out, "validation.tokens"), train, overwrite: true);
        Refuses(train, "it has 10 tokens of a vocabulary of 2, but dataset.json says 90 of 2; prepare the data set again.");
        File.Delete(train);
        Refuses(train, "there is no such file.");
        TokenizerFile.Save(tokenizer, new ByteTokenizer());
        Refuses(tokenizer, "it knows 256 tokens, but the data set was made with 2; prepare the data set again.");
        string json = File.ReadAllText(manifest);
        File.WriteAllText(manifest, json.Replace("\"format\": 2", "\"format\": 3", StringComparison.Ordinal));
        Refuses(manifest, "it has format 3; this version of GptSharp reads 1 and 2.");
        File.WriteAllText(manifest, json[..^10]);
        Assert.Contains("it is damaged", Assert.Throws<RefusedFileException>(() => Dataset.Open(Out)).Message, StringComparison.Ordinal);

        void Refuses(string file, string problem) => Assert.Equal($"{file}: {problem}", Assert.Throws<RefusedFileException>(() => Dataset.Open(Out)).Message);
    }

    [Fact]
    public void The_manifest_is_plain_JSON_for_other_programs()
    {
        Make(_folder.Put("a.txt", new string('x', 100))).Dispose();
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Out, "dataset.json")));
        Assert.Equal("char", json.RootElement.GetProperty("tokenizer").GetString());
        Assert.Equal(90, json.RootElement.GetProperty("train_tokens").GetInt64());
        Assert.Equal("position", json.RootElement.GetProperty("split").GetString());
    }
}
