namespace GptSharp.Data.Filters;

/// <summary>Where words, lines and paragraphs of a text are.</summary>
internal static class TextRanges
{
    /// <summary>Runs of what is no white space.</summary>
    public static void Words(ReadOnlySpan<char> text, List<Range> words)
    {
        words.Clear();
        int start = -1;
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                start = start < 0 ? i : start;
            }
            else if (start >= 0)
            {
                words.Add(start..i);
                start = -1;
            }
        }

        if (start >= 0)
        {
            words.Add(start..text.Length);
        }
    }

    /// <summary>Lines with more than white space, trimmed; and paragraphs, which empty lines divide.</summary>
    public static void Lines(ReadOnlySpan<char> text, List<Range> lines, List<Range> paragraphs)
    {
        lines.Clear();
        paragraphs.Clear();
        int paragraph = -1;
        foreach (Range whole in text.Split('\n'))
        {
            Range line = Trim(text, whole);
            bool isEmpty = line.Start.Value == line.End.Value;
            if (isEmpty && paragraph >= 0)
            {
                paragraphs.Add(lines[paragraph].Start..lines[^1].End);
                paragraph = -1;
            }
            else if (!isEmpty)
            {
                paragraph = paragraph < 0 ? lines.Count : paragraph;
                lines.Add(line);
            }
        }

        if (paragraph >= 0)
        {
            paragraphs.Add(lines[paragraph].Start..lines[^1].End);
        }
    }

    private static Range Trim(ReadOnlySpan<char> text, Range range)
    {
        (int start, int length) = range.GetOffsetAndLength(text.Length);
        int end = start + length;
        while (start < end && char.IsWhiteSpace(text[start]))
        {
            start++;
        }

        while (end > start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return start..end;
    }
}
