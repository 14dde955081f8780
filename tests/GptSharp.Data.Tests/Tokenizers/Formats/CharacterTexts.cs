using System.Text;

namespace GptSharp.Data.Tests.Tokenizers.Formats;

/// <summary>Texts that are hard on tokenizers of characters.</summary>
internal static class CharacterTexts
{
    public static IReadOnlyList<string> Odd { get; } =
    [
        "", " ", "  ", "   ", "a", " a", "  a", "a ", "a  b", "\n", "\n\n", " \n ", "\t", "the model", " the model", "  the model", "The model trains.",
        "<s>", "<s>the", "<s> the", "the</s> model", "the <s> model", "<unk>", "<0x0A>", "a<0x0A>b", "<0xFF>", "▁", "▁the", " ▁the", "the▁model", "Z", "ZZ", "aZ Z",
        "日本", "日", "東京", "😀", "🦆", "naïve café", "cafe\u0301", "{", "{{}}", "\0", "\u00a0", "\u3000", "\ufeff", "a\r\nb", "gptsharp train configs/quickstart.yaml --set train.lr=1e-3",
        "1,000 steps in 1:19", "ﬁ", "٣", "<s", "s>", "</s></s>", "x<s>y</s>z", "\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67",
    ];

    /// <summary>Random texts of words, spaces and odd characters.</summary>
    public static IEnumerable<string> Random(int seed, int count, params string[] parts)
    {
        var random = new Random(seed);
        string[] all = [.. parts, " ", "  ", "\n", "the", "model", " trains", "gpt", "2", "é", "日", "東京", "Z", "▁", "😀", "a", "b", ".", "\t", "<0x41>"];
        for (int i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (int length = random.Next(1, 12); length > 0; length--)
            {
                text.Append(all[random.Next(all.Length)]);
            }

            yield return text.ToString();
        }
    }
}
