using System.Globalization;
using System.Text;

namespace GptSharp.Data.Tokenizers.Pipeline.PreTokenizers;

/// <summary>Sets numbers apart: each run of numeric characters, or each such character on its own.</summary>
internal sealed class Digits(bool individually) : IPreTokenizer
{
    public IEnumerable<Piece> Split(Piece piece)
    {
        ReadOnlyMemory<byte> text = piece.Text;
        int start = 0;
        while (start < text.Length)
        {
            bool isNumber = IsNumber(text.Span[start..], out int length);
            int end = start + length;
            while (end < text.Length && !(isNumber && individually) && IsNumber(text.Span[end..], out length) == isNumber)
            {
                end += length;
            }

            yield return new Piece(text[start..end], piece.BeginsText && start == 0);
            start = end;
        }
    }

    private static bool IsNumber(ReadOnlySpan<byte> text, out int length) =>
        Utf8Text.TryRead(text, out Rune character, out length)
        && Rune.GetUnicodeCategory(character) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
