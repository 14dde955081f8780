using System.Text;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>
/// The cuts of every pattern as tiktoken's regular expressions make them. A vocabulary learnt on text hides a wrong cut, for want of tokens across it; here any two
/// bytes are a token, those with an ASCII byte first, so that each cut beside an ASCII character changes the ids.
/// With GPTSHARP_LONG_TESTS set, every character of Unicode is tried, not only those on both sides of each change of class.
/// </summary>
public sealed class CutParityTests
{
    private static readonly List<byte[]?> AllPairs =
    [
        .. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }),
        .. Enumerable.Range(0, 0x10000).Select(pair => new[] { (byte)(pair >> 8), (byte)pair }).OrderBy(pair => pair[0] >= 0x80 && pair[1] >= 0x80),
    ];

    [Theory]
    [InlineData(SplitPattern.Gpt2)]
    [InlineData(SplitPattern.Cl100k)]
    [InlineData(SplitPattern.Qwen2)]
    [InlineData(SplitPattern.O200k)]
    public void Every_cut_is_tiktokens(SplitPattern pattern)
    {
        BpeModel model = BpeModel.FromRanks(AllPairs, pattern);
        using var folder = new TemporaryFolder();
        string encoding = folder.Put("pairs.json", JsonSerializer.Serialize(new
        {
            pat_str = SplitPatterns.RegexOf(pattern),
            bpe_ranks = "! 0 " + string.Join(' ', AllPairs.Select(token => Convert.ToBase64String(token!))),
        }));

        // Each character where its class changes something: between letters, before a small letter, before a digit, between signs, before a space.
        bool isLong = Environment.GetEnvironmentVariable("GPTSHARP_LONG_TESTS") is { Length: > 0 };
        var texts = new List<string>();
        foreach (int code in Enumerable.Range(0, 0x110000).Where(code => Rune.IsValid(code) && (isLong || IsNearChange(code))))
        {
            var rune = new Rune(code);
            texts.Add($"a{rune}B{rune}c {rune}1{rune}.{rune} A{rune}");
        }

        var odd = new OddTexts(seed: 3, model);
        texts.AddRange(Enumerable.Range(0, 30_000).Select(_ => odd.Next()));
        ClientComparison result = ClientComparison.RunOrSkip("tiktoken", encoding, model, texts);
        Assert.Empty(result.Examples);
        Assert.Equal((texts.Count, 0), (result.Strings, result.Different));
    }

    private static bool IsNearChange(int code) => Enumerable.Range(code - 1, 3).Any(other => other is >= 0 and < 0x110000 && Characters.Of(other) != Characters.Of(code));
}
