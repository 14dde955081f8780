using System.Globalization;
using System.Text;
using System.Text.Json;
using GptSharp.Data.Tokenizers.Pipeline.Normalizers;

namespace GptSharp.Data.Tests.Tokenizers.Pipeline;

public sealed class UnicodeFormTests
{
    private static readonly UnicodeForm[] Forms =
    [
        new(compatible: false, composes: true), new(compatible: false, composes: false), new(compatible: true, composes: true), new(compatible: true, composes: false),
    ];

    [Theory]
    [InlineData("e\u0301", "é", "e\u0301", "é", "e\u0301")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")]
    [InlineData("각", "각", "\u1100\u1161\u11A8", "각", "\u1100\u1161\u11A8")]
    [InlineData("\u212B ﬁ ½", "Å ﬁ ½", "A\u030A ﬁ ½", "Å fi 1⁄2", "A\u030A fi 1⁄2")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "à\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b", "à\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b")]
    public void The_examples_of_the_standard(string text, params string[] expected) =>
        Assert.Equal(expected, Forms.Select(form => form.Normalize(text)));

    [Fact]
    public void Every_character_and_random_sequences_of_marks_are_as_in_node()
    {
        var random = new Random(2);
        int[] codes = [.. Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Where(code => CharUnicodeInfo.GetUnicodeCategory(code) is not (UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse))];
        int[] parts = [.. codes.Where(code => Forms[3].Normalize(char.ConvertFromUtf32(code)).Length > 1 || Rune.GetUnicodeCategory(new Rune(code)) == UnicodeCategory.NonSpacingMark)];
        List<string> texts =
        [
            .. codes.Where(code => code is < 0xAC00 or > 0xD7A3).Chunk(50).Select(Text),
            .. codes.Where(code => code is >= 0xAC00 and <= 0xD7A3 && code % 97 == 0).Chunk(50).Select(Text),
            .. Enumerable.Range(0, 20_000).Select(_ => Text([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => parts[random.Next(parts.Length)])])),
        ];
        string answer = NodeProgram.RunOrSkip("normalize.mjs", "tiktoken", JsonSerializer.Serialize(texts));
        string[][] expected = JsonSerializer.Deserialize<string[][]>(answer)!;
        for (int i = 0; i < texts.Count; i++)
        {
            for (int form = 0; form < Forms.Length; form++)
            {
                string ours = Forms[form].Normalize(texts[i]);
                Assert.True(ours == expected[i][form], $"form {form} of {Show(texts[i])}: {Show(ours)} instead of {Show(expected[i][form])}");
            }
        }
    }

    private static string Text(int[] codes) => string.Concat(codes.Select(char.ConvertFromUtf32));

    private static string Show(string text) => string.Join(' ', text.EnumerateRunes().Select(rune => $"{rune.Value:X4}"));
}
