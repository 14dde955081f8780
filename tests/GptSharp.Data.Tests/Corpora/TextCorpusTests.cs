using System.Text;
using GptSharp.Data.Corpora;

namespace GptSharp.Data.Tests.Corpora;

public sealed class TextCorpusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static string Text(TextCorpus corpus, CorpusFile file) => string.Concat(Read(corpus).Where(read => read.File == file).Select(read => read.Text));

    private static List<(CorpusFile File, string Text)> Read(TextCorpus corpus)
    {
        var parser = new DocumentParser("text", []);
        return [.. new CorpusReader(corpus).Read(CorpusPosition.Start).SelectMany(batch => batch.Documents.Select(raw => (raw.File, parser.Parse(raw, batch.BytesOf(raw)).Text)))];
    }

    private string Refusal(byte[] content)
    {
        TextCorpus corpus = TextCorpus.Open(_folder.Put("a.txt", content));
        string sentence = Assert.Throws<CorpusException>(() => Read(corpus)).Message;
        Assert.StartsWith(_folder.At("a.txt"), sentence, StringComparison.Ordinal);
        return sentence[_folder.At("a.txt").Length..];
    }

    [Fact]
    public void A_single_file_is_one_text_whatever_its_name()
    {
        TextCorpus corpus = TextCorpus.Open(_folder.Put("poem.rst", "Tyger Tyger,\nburning bright"));
        Assert.True(corpus.IsSingleText);
        Assert.Equal("Tyger Tyger,\nburning bright", Assert.Single(Read(corpus)).Text);
    }

    [Fact]
    public void A_folder_gives_its_text_files_in_ordinal_order()
    {
        foreach (string name in new[] { "b.txt", "Z.txt", "a/z.md", "a.txt", "ä.txt", "c.TXT", "empty.txt", "picture.png", "a/b/deep.txt", "notes.txt.bak" })
        {
            _folder.Put(name, name == "empty.txt" ? "" : name);
        }

        TextCorpus corpus = TextCorpus.Open(_folder.Path);
        Assert.False(corpus.IsSingleText);
        Assert.Equal(["Z.txt", "a.txt", "a/b/deep.txt", "a/z.md", "b.txt", "c.TXT", "ä.txt"], Read(corpus).Select(read => read.Text));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_text_but_only_at_the_start()
    {
        TextCorpus corpus = TextCorpus.Open(_folder.Put("a.txt", "\uFEFFa\uFEFFb"));
        Assert.Equal("a\uFEFFb", Text(corpus, corpus.Files.Single()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Characters_of_every_width_survive_the_seams_between_sections(int shift)
    {
        string text = new string('x', shift) + string.Concat(Enumerable.Repeat("aé€😀", 500_000));
        TextCorpus corpus = TextCorpus.Open(_folder.Put("a.txt", text));
        List<string> sections = [.. Read(corpus).Select(read => read.Text)];
        Assert.True(sections.Count > 1);
        Assert.Equal(text, string.Concat(sections));
        Assert.All(sections, section => Assert.False(char.IsLowSurrogate(section[0]) || char.IsHighSurrogate(section[^1])));
    }

    [Fact]
    public void Zero_bytes_and_broken_characters_are_refused_where_they_are()
    {
        byte[] letters = [.. Enumerable.Repeat((byte)'x', 50_000)];
        Assert.Equal(" is not a text file: its byte 50000 is zero; use text in UTF-8.", Refusal([.. letters, 0, .. letters]));
        Assert.Equal(" is not UTF-8 text: its byte 50000 (0xFF) begins no character; convert it to UTF-8.", Refusal([.. letters, 0xFF, 0, .. letters]));
        Assert.Equal(" is not a text file: its byte 2 is zero; use text in UTF-8.", Refusal([65, 66, 0, 0xFF]));

        // Latin-1, a surrogate written as if it were a character, an overlong slash, and a text cut within its last character.
        Assert.Contains("its byte 1 (0xE9)", Refusal([(byte)'h', 0xE9, (byte)'!', (byte)'!']), StringComparison.Ordinal);
        Assert.Contains("its byte 0 (0xED)", Refusal([0xED, 0xA0, 0x80]), StringComparison.Ordinal);
        Assert.Contains("its byte 0 (0xC0)", Refusal([0xC0, 0xAF]), StringComparison.Ordinal);
        Assert.Contains("its byte 3 (0xE2)", Refusal([.. "abc"u8, 0xE2, 0x82]), StringComparison.Ordinal);

        // UTF-16 begins with a mark that UTF-8 does not know; behind UTF-8's own mark offsets still count from the file's start.
        Assert.Contains("its byte 0 (0xFF)", Refusal([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("abc")]), StringComparison.Ordinal);
        Assert.Contains("its byte 4 is zero", Refusal([.. Encoding.UTF8.Preamble, 65, 0]), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_empty_corpora_are_refused()
    {
        string missing = _folder.At("missing.txt");
        Refuses($"There is no file or folder {missing}; give a text file, or a folder of .txt and .md files.", missing);
        Refuses("There is no file or folder tinyshakespeare; 'gptsharp data get tinyshakespeare' downloads and prepares the data set of that name.", "tinyshakespeare");
        string folder = Directory.CreateDirectory(_folder.At("texts")).FullName;
        Refuses($"The folder {folder} holds no .txt, .md or .jsonl file.", folder);
        string empty = _folder.Put("texts/empty.txt", "");
        Refuses($"{empty} is empty; there is nothing to learn from.", empty);
        Refuses($"All text files in {folder} are empty; there is nothing to learn from.", folder);

        static void Refuses(string sentence, string path) =>
            Assert.Equal(sentence, Assert.Throws<CorpusException>(() => TextCorpus.Open(path)).Message);
    }
}
