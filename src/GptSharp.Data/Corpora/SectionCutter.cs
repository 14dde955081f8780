namespace GptSharp.Data.Corpora;

/// <summary>
/// A text file as one document, or as those between its delimiters. A document longer than a section is cut: between a letter and a line
/// feed, where the tokens of both sides are those of the whole (<see cref="Tokenizers.ITokenizer.MayCutBeforeLineFeeds"/>); before another
/// line feed only where there is no such place, and between two characters where there is none at all.
/// </summary>
internal sealed class SectionCutter(byte[]? delimiter) : IDocumentCutter
{
    /// <summary>The longest section.</summary>
    public const int LongestSection = 4 << 20;

    // How far back a better place to cut is sought.
    private const int Searched = LongestSection / 2;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public bool TryCut(InputBuffer buffer, long line, bool isWithin, out Cut cut)
    {
        int overlap = delimiter?.Length ?? 0;
        buffer.Fill(LongestSection + overlap + 1);
        ReadOnlySpan<byte> text = buffer.Available;
        int start = buffer.Offset == 0 && text.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        int end = delimiter is null ? -1 : text.IndexOf(delimiter);
        if (end < 0 || end > LongestSection)
        {
            bool isUnfinished = text.Length > LongestSection;
            end = isUnfinished ? PlaceToCut(text[..LongestSection]) : text.Length;
            cut = new Cut(start, end - start, end, 0, isUnfinished);
        }
        else
        {
            cut = new Cut(start, Math.Max(0, end - start), end + overlap, 0, false);
        }

        if (delimiter is not null)
        {
            cut = WithoutLineBreaks(text, cut, isWithin);
        }

        return !text.IsEmpty;
    }

    // The line breaks around a delimiter are its own.
    private static Cut WithoutLineBreaks(ReadOnlySpan<byte> text, Cut cut, bool isWithin)
    {
        ReadOnlySpan<byte> document = text.Slice(cut.Start, cut.Length);
        int leading = isWithin ? 0 : document.Length - document.TrimStart("\r\n"u8).Length;
        int trailing = cut.IsUnfinished ? 0 : document[leading..].Length - document[leading..].TrimEnd("\r\n"u8).Length;
        return cut with { Start = cut.Start + leading, Length = cut.Length - leading - trailing };
    }

    private static int PlaceToCut(ReadOnlySpan<byte> text)
    {
        int anyLine = -1;
        int end = text.Length;
        while (end > Searched && text[Searched..end].LastIndexOf((byte)'\n') is var found and >= 0)
        {
            end = Searched + found;
            anyLine = anyLine < 0 ? end : anyLine;
            if (char.IsAsciiLetter((char)text[end - 1]))
            {
                return end;
            }
        }

        return anyLine >= 0 ? anyLine : CharacterBoundary(text);
    }

    // Back to before the last character whose bytes are not all here; where that is no UTF-8, it will be refused, not cut.
    private static int CharacterBoundary(ReadOnlySpan<byte> text)
    {
        int end = text.Length;
        while (end > text.Length - 4 && (text[end - 1] & 0xC0) == 0x80)
        {
            end--;
        }

        return (text[end - 1] & 0xC0) == 0xC0 ? end - 1 : text.Length;
    }
}
