using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>Against <c>tests/golden/interop/tok-gpt2-512</c>, which the tokenizers library trained on the text tinyshakespeare.</summary>
public sealed class TokGpt2Tests
{
    private static string At(string file) => Path.Combine(Golden.Folder, "interop", "tok-gpt2-512", file);

    private static BpeModel Load()
    {
        Dictionary<string, int> vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(At("vocab.json")))!;
        var tokens = new byte[vocabulary.Count][];
        foreach ((string letters, int id) in vocabulary.Where(token => token.Value > 0))
        {
            Assert.True(ByteLevel.TryRead(letters, out tokens[id]));
        }

        return BpeModel.FromMerges(tokens, [.. Merges().Select(merge => new BpeMerge(vocabulary[merge.Left], vocabulary[merge.Right], vocabulary[merge.Left + merge.Right]))], SplitPattern.Gpt2);
    }

    private static IEnumerable<(string Left, string Right)> Merges() =>
        File.ReadLines(At("merges.txt")).Skip(1).Select(line => line.Split(' ')).Select(words => (words[0], words[1]));

    [Fact]
    public void All_strings_have_the_ids_of_the_library()
    {
        BpeModel model = Load();
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllText(At("cases.json")));
        int compared = 0;
        foreach (JsonElement entry in cases.RootElement.EnumerateArray())
        {
            int[] ids;
            if (entry.TryGetProperty("repeat", out JsonElement repeated))
            {
                // The long ones are kept as a rule for the text and a hash of the ids.
                string then = entry.TryGetProperty("then", out JsonElement tail) ? tail.GetString()! : "";
                ids = model.Encode(string.Concat(Enumerable.Repeat(repeated.GetString(), entry.GetProperty("times").GetInt32())) + then);
                Assert.Equal(entry.GetProperty("count").GetInt32(), ids.Length);
                Assert.Equal(entry.GetProperty("sha256_int32le").GetString(), Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(ids))));
                compared++;
                continue;
            }

            byte[] text = Convert.FromHexString(entry.GetProperty("utf8_hex").GetString()!);
            ids = [.. entry.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            if (ids is [0])
            {
                // A special token is cut out before this model sees the text.
                continue;
            }

            Assert.Equal(ids, model.Encode(text));
            Assert.Equal(text, model.Decode(ids));
            compared++;
        }

        Assert.Equal(81, compared);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_same_text_gives_the_same_merges_in_the_same_order(int threads)
    {
        string? path = Environment.GetEnvironmentVariable("GPTSHARP_TINYSHAKESPEARE");
        Assert.SkipWhen(string.IsNullOrEmpty(path), "GPTSHARP_TINYSHAKESPEARE does not name the text: 'gptsharp data get tinyshakespeare' downloads it");
        BpeTraining training = BpeTrainer.Train([() => File.OpenRead(path!)], new BpeTrainingOptions(512, SplitPattern.Gpt2) { Threads = threads }, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(Merges(), training.Merges.Select(merge => (ByteLevel.Write(training.Tokens[merge.Left]), ByteLevel.Write(training.Tokens[merge.Right]))));

        Dictionary<string, int> vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(At("vocab.json"), Encoding.UTF8))!;
        Assert.Equal(vocabulary.OrderBy(token => token.Value).Select(token => token.Key), training.Tokens.Select(bytes => bytes is null ? "<|endoftext|>" : ByteLevel.Write(bytes)));
    }
}
