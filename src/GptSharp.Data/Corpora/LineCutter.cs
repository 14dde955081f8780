namespace GptSharp.Data.Corpora;

/// <summary>A document for each line; lines of nothing but white space are passed over.</summary>
internal sealed class LineCutter(string path) : IDocumentCutter
{
    /// <summary>The longest line: it is held in memory several times over.</summary>
    public const int LongestLine = 16 << 20;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    public bool TryCut(InputBuffer buffer, long line, bool isWithin, out Cut cut)
    {
        int sought = 0;
        int want = 64 << 10;
        while (true)
        {
            buffer.Fill(want);
            ReadOnlySpan<byte> available = buffer.Available;
            int end = available[sought..].IndexOf((byte)'\n');
            if (end >= 0 || buffer.IsLast)
            {
                int length = end >= 0 ? sought + end : available.Length;
                Check(length, line);
                cut = Trimmed(available[..length], end >= 0, isFirst: buffer.Offset == 0);
                return available.Length > 0;
            }

            sought = available.Length;
            Check(sought, line);
            want = Math.Min(2 * sought, LongestLine + 1);
        }
    }

    private static Cut Trimmed(ReadOnlySpan<byte> text, bool endsInLineFeed, bool isFirst)
    {
        int consumed = text.Length + (endsInLineFeed ? 1 : 0);
        int start = isFirst && text.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        int length = text[start..].TrimEnd(" \t\r"u8).Length;
        return new Cut(start, length, consumed, endsInLineFeed ? 1 : 0, false);
    }

    private void Check(int length, long line)
    {
        if (length > LongestLine)
        {
            throw new CorpusException(
                $"{path}, line {line + 1}: the line is longer than {LongestLine >> 20} MiB; JSON lines have one document a line, so write one object on each line and divide longer documents.");
        }
    }
}
