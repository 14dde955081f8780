using System.Globalization;
using System.Text;
using GptSharp.Cli.Commands;
using GptSharp.Data;
using GptSharp.Data.Datasets;
using GptSharp.Data.Downloads;
using GptSharp.Data.Tests.Downloads;

namespace GptSharp.Cli.Tests.Commands;

public sealed class DataCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _out = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    private readonly StringWriter _error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    private string Set => _folder.At("data", "set");

    private CommandOutput Output => new(_out, _error);

    public void Dispose()
    {
        _folder.Dispose();
        _out.Dispose();
        _error.Dispose();
    }

    private (int Code, string Out, string Error) Run(params string[] arguments)
    {
        _out.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        int code = CommandLine.Run(["data", .. arguments], Output);
        return (code, _out.ToString(), _error.ToString());
    }

    // The last line, which differs each time.
    private static string WithoutSpeed(string output)
    {
        int last = output.TrimEnd('\n').LastIndexOf('\n') + 1;
        Assert.Matches(@"^[\d.,]+ MB in [\d.]+ s: [\d.]+ MB/s\n$", output[last..]);
        return output[..last];
    }

    [Fact]
    public void Prepare_says_what_it_made_of_a_file()
    {
        string source = _folder.Put("novel.txt", string.Concat(Enumerable.Repeat("abcdé", 400)));
        string table = "split       tokens\ntrain        1,800\nvalidation     200\n";
        (int code, string output, string error) = Run("prepare", source, "--out", Set);
        Assert.Equal((0, $"{Set}: 2,000 characters from 1 file, vocabulary 5, split by position\n{table}", ""), (code, WithoutSpeed(output), error));
        using Dataset dataset = Dataset.Open(Set);
        Assert.Equal(1800, dataset.Train.Count);
    }

    [Fact]
    public void Prepare_takes_a_folder_a_tokenizer_and_shares()
    {
        for (int i = 0; i < 20; i++)
        {
            _folder.Put($"texts/{i}.md", $"é {i:00}\n");
        }

        (int code, string output, string error) = Run(
            "prepare", _folder.At("texts"), "--out", Set, "--tokenizer", "byte", "--validation-share", "0.2", "--test-share", "0.1");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            $"{Set}: 100 characters from 20 files, vocabulary 256, whole documents in each split\n"
            + "split       tokens\ntrain           84\nvalidation      24\ntest            12\n",
            WithoutSpeed(output));
    }

    [Fact]
    public void A_data_set_that_exists_is_replaced_only_by_force()
    {
        string source = _folder.Put("novel.txt", new string('x', 1000));
        Assert.Equal(0, Run("prepare", source, "--out", Set).Code);
        Assert.Equal(
            (1, "", $"gptsharp: {Set} already exists and is not overwritten; --force replaces a data set.\n"),
            Run("prepare", source, "--out", Set, "--tokenizer", "byte"));
        Assert.Equal(0, Run("prepare", source, "--out", Set, "--tokenizer", "byte", "--force").Code);
        using Dataset dataset = Dataset.Open(Set);
        Assert.Equal(256, dataset.Tokenizer.VocabularySize);
    }

    [Fact]
    public void A_corpus_that_cannot_be_used_gets_one_sentence_and_exit_code_1()
    {
        string missing = _folder.At("none");
        Refuses($"There is no file or folder {missing}; give a text file, or a folder of .txt and .md files.", missing);
        string empty = _folder.Put("empty.txt", "");
        Refuses($"{empty} is empty; there is nothing to learn from.", empty);
        string binary = _folder.Put("binary", [.. "ELF"u8, 0, 1, 2]);
        Refuses($"{binary} is not a text file: its byte 3 is zero; use text in UTF-8.", binary);
        string latin = _folder.Put("latin.txt", Encoding.Latin1.GetBytes("über"));
        Refuses($"{latin} is not UTF-8 text: its byte 0 (0xFC) begins no character; convert it to UTF-8.", latin);
        Assert.False(Directory.Exists(Set));

        void Refuses(string sentence, string source) => Assert.Equal((1, "", $"gptsharp: {sentence}\n"), Run("prepare", source, "--out", Set));
    }

    [Theory]
    [InlineData(new[] { "prepare", "a.txt" }, "gptsharp data prepare: Option '--out' is required. Try 'gptsharp data prepare --help'.")]
    [InlineData(new[] { "prepare", "a.txt", "--out", "b", "--tokenizer", "bpe" }, "gptsharp: --tokenizer is 'bpe', but must be char, byte, or a tokenizer's file or folder.")]
    [InlineData(new[] { "prepare", "a.txt", "--out", "b", "--test-share", "much" }, "gptsharp data prepare: --test-share is 'much', but must be a number. Try 'gptsharp data prepare --help'.")]
    [InlineData(new[] { "prepare", "a.txt", "--out", "b", "--validation-share", "1" }, "gptsharp: --validation-share 1 and --test-share 0 cannot be: the first must be above 0, the second at least 0, and both together below 1.")]
    [InlineData(new[] { "get", "tinyshakespear" }, "gptsharp: there is no data set 'tinyshakespear' to download; did you mean 'tinyshakespeare'?")]
    [InlineData(new[] { "prepare", "a.txt", "--out", "b", "--near", "0.5" }, "gptsharp: --near says nothing without --duplicates near; give that, too.")]
    [InlineData(new[] { "prepare", "a.txt", "--out", "b", "--near", "0.5", "--duplicates", "exact" }, "gptsharp: --near says nothing without --duplicates near; give that, too.")]
    [InlineData(new[] { "prepare", "a.txt", "--out", "b", "--ngram", "8" }, "gptsharp: --ngram says nothing without --decontaminate; give that, too.")]
    [InlineData(new[] { "prepare", "a.txt", "--out", "b", "--licence-field", "l" }, "gptsharp: --licence-field says nothing without --licence; give that, too.")]
    [InlineData(new[] { "get", "enwik8" }, "gptsharp: there is no data set 'enwik8' to download; known: tinyshakespeare. 'gptsharp data prepare' makes one from your own text.")]
    [InlineData(new[] { "get", "tinyshakespeare", "--url", "input.txt" }, "gptsharp: --url is 'input.txt', but must be an address that begins with http:// or https://.")]
    [InlineData(new[] { "gett" }, "gptsharp data: there is no command 'gett'; did you mean 'get'? Try 'gptsharp data --help'.")]
    public void A_wrong_command_line_gets_one_sentence_and_exit_code_2(string[] arguments, string sentence) =>
        Assert.Equal((2, "", sentence + "\n"), Run(arguments));

    [Fact]
    public async Task Get_downloads_checks_and_prepares_and_does_so_once()
    {
        using var server = new LocalServer(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("To be, or not to be", 100))));
        var known = new KnownDataset("tiny", "A test's text", server.Address, server.Sha256);
        await DataCommand.GetAsync(known, server.Address, Set, force: false, Output);
        Assert.Equal($"Downloading {server.Address}\n", _error.ToString());
        Assert.Contains("train        1,710", _out.ToString(), StringComparison.Ordinal);
        using (Dataset dataset = Dataset.Open(Set))
        {
            Assert.Equal(server.Sha256, dataset.Manifest.SourceSha256);
        }

        _out.GetStringBuilder().Clear();
        await DataCommand.GetAsync(known, server.Address, Set, force: false, Output);
        Assert.Equal($"{Set} is there already.\n", _out.ToString());
        Assert.Single(server.Requests);

        // The text is still there, so preparing again downloads nothing.
        await DataCommand.GetAsync(known, server.Address, Set, force: true, Output);
        Assert.Single(server.Requests);

        // Another data set of that name is not overwritten.
        KnownDataset other = known with { Sha256 = new string('0', 64) };
        File.Delete(Set + ".txt");
        await Assert.ThrowsAsync<DownloadException>(() => DataCommand.GetAsync(other, server.Address, Set, force: false, Output));
        using Dataset kept = Dataset.Open(Set);
        Assert.Equal(server.Sha256, kept.Manifest.SourceSha256);
    }

    [Fact]
    public async Task Get_goes_on_where_it_stopped()
    {
        using var server = new LocalServer(Encoding.UTF8.GetBytes(new string('x', 100_000)));
        var known = new KnownDataset("tiny", "A test's text", server.Address, server.Sha256);
        server.CutAfter = 60_000;
        await Assert.ThrowsAsync<DownloadException>(() => DataCommand.GetAsync(known, server.Address, Set, force: false, Output));
        await DataCommand.GetAsync(known, server.Address, Set, force: false, Output);
        Assert.Equal([60_000, 40_000], server.Sent);
        Assert.Equal("bytes=60000-", server.Requests[1]["range"]);
    }

    [Fact]
    public void Get_refuses_what_is_not_the_file_and_leaves_nothing()
    {
        using var server = new LocalServer("To be, or not to be"u8.ToArray());
        (int code, string output, string error) = Run("get", "tinyshakespeare", "--out", Set, "--url", server.Address.ToString());
        Assert.Equal((1, ""), (code, output));
        Assert.Equal(
            $"Downloading {server.Address}\ngptsharp: {server.Address} gave a file with SHA-256 {server.Sha256} instead of "
            + "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed, so it was removed: the file was changed, or damaged on its way.\n",
            error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.At("data")));

        server.Status = "404 Not Found";
        Assert.Equal(
            (1, "", $"Downloading {server.Address}\ngptsharp: {server.Address} answered 404 Not Found.\n"),
            Run("get", "tinyshakespeare", "--out", Set, "--url", server.Address.ToString()));
    }

    [Fact]
    public void The_known_data_set_is_the_published_one()
    {
        KnownDataset known = Assert.Single(KnownDataset.All);
        Assert.Equal("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt", known.Source.ToString());
        Assert.Equal("86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", known.Sha256);
        Assert.Equal("data/tinyshakespeare", known.DefaultFolder);
    }
}
