using System.Globalization;
using System.Text;
using GptSharp.Data.Tokenizers.Bpe;

namespace GptSharp.Data.Tests.Tokenizers.Bpe;

/// <summary>
/// Random texts that are hard on a tokenizer: all Unicode categories, combining marks, emoji, runs of white space, contractions, numbers, code, tokens of the
/// vocabulary in any order, long repetitions. The same seed gives the same texts.
/// </summary>
internal sealed class OddTexts(int seed, BpeModel vocabulary)
{
    private static readonly int[][] ByCategory = [.. Enumerable.Range(0, 0x110000).Where(Rune.IsValid)
        .GroupBy(code => CharUnicodeInfo.GetUnicodeCategory(code)).OrderBy(group => group.Key).Select(group => group.ToArray())];

    private static readonly int[] Marks = [.. ByCategory.SelectMany(codes => codes).Where(code => CharUnicodeInfo.GetUnicodeCategory(code)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark)];

    private static readonly string[] Contractions = ["s", "t", "re", "ve", "m", "ll", "d", "S", "T", "RE", "Ve", "vE", "M", "LL", "lL", "D", "ſ", "r", "l", "K"];

    private static readonly string[] Words = ["the", "The", "HTTP", "iPhone", "naïve", "don", "I", "we", "Straße", "ǅungla", "東京", "слово", "สวัสดี", "ªº", "ʰa", "x̄y", "ＡＢ"];

    private static readonly string[] Emoji = ["😀", "👩‍👩‍👧", "🏳️‍🌈", "👍🏽", "🇩🇪", "1️⃣", "❤️", "🧑🏻‍💻", "\u200D", "\uFE0F", "🏻"];

    private static readonly string[] Code = ["for (int i = 0; i < n; i++) {\n", "    return x;\r\n", "\t\tif a != b:\n", "// see https://a.b/c?d=e&f\n", "/*", "*/", "=>", "std::", "<div class=\"x\">", "{{", "}\n\n", "0x1F", "//\n/", "#!/", "a_b-c", "$1", "\\n"];

    private static readonly string Blanks = " \t\n\r\v\f\u0085\u00A0\u1680\u2000\u2003\u200A\u2028\u2029\u202F\u205F\u3000\u001C\u001F\u180E\u200B\u2060\uFEFF";

    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();

    /// <summary>The next text; one in fifty is long.</summary>
    public string Next()
    {
        _text.Clear();
        int parts = _random.Next(50) == 0 ? _random.Next(5, 20) : _random.Next(1, 4);
        for (int i = 0; i < parts; i++)
        {
            Add();
        }

        return _text.ToString();
    }

    private void Add()
    {
        switch (_random.Next(12))
        {
            case 0:
                Times(4, () => Append(Any(Any(ByCategory))));
                _text.Append(_random.Next(20) == 0 ? ((char)_random.Next(0xD800, 0xE000)).ToString() : "");
                break;
            case 1:
                Times(3, () => Append(Any(Any(ByCategory))));
                Times(3, () => Append(Any(Marks)));
                break;
            case 2:
                Times(6, () => _text.Append(_random.Next(3) == 0 ? Any(Blanks) : Any(" \n\r\t")));
                break;
            case 3:
                _text.Append(Any(Words)).Append(_random.Next(8) == 0 ? '’' : '\'').Append(Any(Contractions)).Append(_random.Next(2) == 0 ? "" : Any(Words));
                break;
            case 4:
                Times(9, () => _text.Append(Any("0123456789²½Ⅷ٣९")));
                break;
            case 5:
                Times(2, () => _text.Append(Any(Emoji)));
                break;
            case 6:
                _text.Append(Any(Code));
                break;
            case 7:
                _text.Append(' ').Append(Any(Words));
                break;
            case 8:
            case 9:
                Times(4, AppendToken);
                break;
            case 10:
                _text.Append(Any("aA .'\n-=/1é漢"), _random.Next(40) == 0 ? _random.Next(400) : _random.Next(12));
                break;
            default:
                Times(6, () => _text.Append((char)_random.Next(0x20, 0x7F)));
                break;
        }
    }

    // Most tokens begin or end within a character somewhere; what is no text becomes U+FFFD.
    private void AppendToken() => _text.Append(Encoding.UTF8.GetString(vocabulary.BytesOf(_random.Next(vocabulary.VocabularySize))));

    private void Append(int code) => _text.Append(new Rune(code).ToString());

    private T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    private char Any(string of) => of[_random.Next(of.Length)];

    private void Times(int atMost, Action action)
    {
        for (int i = _random.Next(1, atMost + 1); i > 0; i--)
        {
            action();
        }
    }
}
