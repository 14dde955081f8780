using System.Globalization;
using System.Text;
using System.Text.Json;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>Hugging Face's tokenizer for JavaScript, which reads the files that we write and judges the ids that we give.</summary>
internal static class TokenizerClient
{
    /// <summary>Compares ids, with and without the template, and optionally what they decode to. Skips the test where the client is not installed.</summary>
    public static void RequireSameIds(string tokenizerJson, TextTokenizer ours, IReadOnlyList<string> texts, bool decoded = true)
    {
        string answer = NodeProgram.RunOrSkip("tokenizer-file.mjs", "@huggingface/tokenizers", JsonSerializer.Serialize(texts), tokenizerJson);
        using JsonDocument results = JsonDocument.Parse(answer);
        Assert.Equal(texts.Count, results.RootElement.GetArrayLength());
        foreach ((string text, JsonElement theirs) in texts.Zip(results.RootElement.EnumerateArray()))
        {
            int[] ids = Ids(theirs.GetProperty("ids"));
            string name = JsonSerializer.Serialize(text);
            Assert.True(ids.SequenceEqual(ours.Encode(text)), $"{name}: theirs {Show(ids)}, ours {Show(ours.Encode(text))}");
            Assert.True(Ids(theirs.GetProperty("template")).SequenceEqual(ours.Encode(text, withTemplate: true)), $"{name} with template");

            // JavaScript's decoder takes U+FEFF for a byte-order mark and drops it.
            if (decoded && !text.Contains('\uFEFF', StringComparison.Ordinal))
            {
                Assert.Equal(theirs.GetProperty("decoded").GetString(), ours.Decode(ids));
            }
        }
    }

    /// <summary>Whether JavaScript's regular expressions cut a text as tiktoken's do: its white space has U+FEFF and lacks U+0085, and it knows newer letters.</summary>
    public static bool SplitsAlike(string text) => text.EnumerateRunes().All(rune =>
        rune.Value is not (0x85 or 0xFEFF or 0x17F or 0xFFFD) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.OtherNotAssigned);

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private static string Show(int[] ids) => string.Join(' ', ids);
}
