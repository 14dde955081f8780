using System.Text;
using GptSharp.Data.Tokenizers;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Formats;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>A tokenizer that the tokenizers library trained, in each of its forms.</summary>
public sealed class GoldenTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static TextTokenizer Load(string path, SplitPattern? pattern = null) => Assert.IsType<TextTokenizer>(TokenizerFile.Load(path, pattern));

    private static string Original(string name) => Path.Combine(GoldenCase.Folder, name);

    private static void CheckCases(TextTokenizer tokenizer)
    {
        Assert.Equal(512, tokenizer.VocabularySize);
        foreach (GoldenCase known in GoldenCase.All)
        {
            int[] ids = tokenizer.Encode(known.Text);
            known.Check(ids);
            Assert.Equal(known.Text, tokenizer.Decode(ids));
            Assert.Equal(Encoding.UTF8.GetBytes(known.Text), tokenizer.DecodeBytes(ids));
        }
    }

    [Fact]
    public void The_tokenizer_json_gives_the_ids_of_the_library()
    {
        CheckCases(Load(Original("tokenizer.json")));
        CheckCases(Load(GoldenCase.Folder));
    }

    [Fact]
    public void Old_merges_with_a_space_in_between_are_the_same()
    {
        string pairs = File.ReadAllText(Original("tokenizer.json"));
        string lines = System.Text.RegularExpressions.Regex.Replace(
            pairs, """\[\s*"((?:[^"\\]|\\.)+)",\s*"((?:[^"\\]|\\.)+)"\s*\]""", "\"$1 $2\"");
        Assert.Contains("\"h e\"", lines, StringComparison.Ordinal);
        Assert.Contains("\"Ġ t\"", lines, StringComparison.Ordinal);
        TextTokenizer tokenizer = Load(_folder.Put("tokenizer.json", lines));
        CheckCases(tokenizer);
        Assert.Equal(TokenizerFile.ToJson(Load(Original("tokenizer.json"))), TokenizerFile.ToJson(tokenizer));
    }

    [Fact]
    public void Vocabulary_and_merges_are_the_same_under_both_pairs_of_names()
    {
        CheckCases(Load(Copy("vocab.json", "merges.txt")));
        CheckCases(Load(Copy("encoder.json", "vocab.bpe")));

        string Copy(string vocabulary, string merges)
        {
            string folder = Directory.CreateDirectory(_folder.At(merges + ".folder")).FullName;
            File.Copy(Original("vocab.json"), Path.Combine(folder, vocabulary));
            File.Copy(Original("merges.txt"), Path.Combine(folder, merges));
            CheckCases(Load(Path.Combine(folder, vocabulary)));
            CheckCases(Load(Path.Combine(folder, merges)));
            return folder;
        }
    }

    [Fact]
    public void Ranks_are_the_same_but_for_the_special_token_that_they_lack()
    {
        TextTokenizer tokenizer = Load(Original("ranks.tiktoken"), SplitPattern.Gpt2);
        Assert.Equal(511, tokenizer.VocabularySize);
        foreach (GoldenCase known in GoldenCase.All.Where(known => !known.Text.Contains("<|endoftext|>", StringComparison.Ordinal)))
        {
            known.Check([.. tokenizer.Encode(known.Text).Select(rank => rank + 1)]);
        }

        Assert.Equal(File.ReadAllText(Original("ranks.tiktoken")), RanksFile.Write(Load(Original("tokenizer.json"))));
        Assert.Equal(File.ReadAllText(Original("ranks.tiktoken")), RanksFile.Write(tokenizer));
    }

    [Fact]
    public void Each_file_is_written_as_the_library_wrote_it_to_the_byte()
    {
        TextTokenizer tokenizer = Load(Original("tokenizer.json"));
        Assert.Equal(File.ReadAllText(Original("tokenizer.json")), TokenizerJson.Write(tokenizer));
        Assert.Equal(File.ReadAllText(Original("vocab.json")), VocabularyFiles.WriteVocabulary(tokenizer));
        Assert.Equal(File.ReadAllText(Original("merges.txt")), VocabularyFiles.WriteMerges(tokenizer));

        TextTokenizer again = Assert.IsType<TextTokenizer>(TokenizerFile.FromJson(TokenizerFile.ToJson(tokenizer), "checkpoint"));
        Assert.Equal(TokenizerFile.ToJson(tokenizer), TokenizerFile.ToJson(again));
        CheckCases(again);
    }

    [Fact]
    public void A_tokenizer_of_ranks_keeps_its_ids_when_it_is_written_as_json()
    {
        TextTokenizer ranks = Load(Original("ranks.tiktoken"), SplitPattern.Cl100k);
        var json = Assert.IsType<TextTokenizer>(TokenizerFile.FromJson(TokenizerFile.ToJson(ranks), "checkpoint"));
        Assert.All(GoldenCase.All, known => Assert.Equal(ranks.Encode(known.Text), json.Encode(known.Text)));
        Assert.Equal(TokenizerFile.ToJson(ranks), TokenizerFile.ToJson(json));
    }

    [Fact]
    public void Any_bytes_come_back()
    {
        var random = new Random(9);
        TextTokenizer tokenizer = Load(Original("tokenizer.json"));
        for (int length = 0; length < 300; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(bytes, tokenizer.DecodeBytes(tokenizer.EncodeBytes(bytes)));
        }
    }

    [Fact]
    public void Parts_that_are_cut_before_line_feeds_have_the_tokens_of_the_whole()
    {
        TextTokenizer tokenizer = Load(Original("tokenizer.json"));
        Assert.True(tokenizer.MayCutBeforeLineFeeds);
        foreach (string text in GoldenCase.All.Select(known => known.Text))
        {
            for (int i = 1; i < text.Length; i++)
            {
                if (text[i] == '\n' && char.IsAsciiLetter(text[i - 1]))
                {
                    Assert.Equal(tokenizer.Encode(text), tokenizer.Encode(text[..i]).Concat(tokenizer.Encode(text[i..])));
                }
            }
        }
    }

    [Fact]
    public void Transformers_js_agrees_on_the_file_that_we_write()
    {
        TextTokenizer tokenizer = Load(Original("tokenizer.json"));
        string path = _folder.Put("tokenizer.json", TokenizerJson.Write(tokenizer));
        TokenizerClient.RequireSameIds(path, tokenizer, [.. GoldenCase.All.Where(known => known.Ids is not null).Select(known => known.Text)]);
    }
}
