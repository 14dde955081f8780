using System.Buffers;
using System.Globalization;
using System.Text;

namespace GptSharp.Data.Tokenizers.Pipeline;

/// <summary>
/// Finds added tokens in a text: from left to right, at each place the longest. The rules are those of Hugging Face's tokenizers; see
/// its added_vocabulary.rs.
/// </summary>
internal sealed class AddedTokenFinder
{
    private readonly ByteTrie _contents = new();
    private readonly List<AddedToken> _tokens = [];
    private readonly SearchValues<byte> _firstBytes;

    /// <param name="tokens">The tokens, with what is looked for in the text; an empty one is never found.</param>
    public AddedTokenFinder(IEnumerable<(AddedToken Token, byte[] Content)> tokens)
    {
        var firstBytes = new HashSet<byte>();
        foreach ((AddedToken token, byte[] content) in tokens.Where(entry => entry.Content.Length > 0))
        {
            _contents.Add(content, _tokens.Count);
            _tokens.Add(token);
            firstBytes.Add(content[0]);
        }

        _firstBytes = SearchValues.Create([.. firstBytes]);
    }

    /// <summary>Whether there is nothing to find.</summary>
    public bool IsEmpty => _tokens.Count == 0;

    /// <summary>Takes the parts of a text.</summary>
    /// <param name="token">The token; null for what lies between tokens.</param>
    /// <param name="part">Where the part stands in the text.</param>
    public delegate void TakePart(AddedToken? token, Range part);

    /// <summary>Divides a text.</summary>
    /// <param name="text">The text, UTF-8.</param>
    /// <param name="take">Given every part, in order; none is empty.</param>
    public void Split(ReadOnlySpan<byte> text, TakePart take)
    {
        int done = 0;
        int position = 0;
        while (position < text.Length)
        {
            int next = text[position..].IndexOfAny(_firstBytes);
            if (next < 0)
            {
                break;
            }

            position += next;
            (int length, int index) = _contents.Longest(text[position..]);
            if (length == 0)
            {
                position++;
                continue;
            }

            (AddedToken token, int start, int end) = (_tokens[index], position, position + length);
            position = end;
            if (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
            {
                continue;
            }

            start = token.LeftStrip ? Math.Max(StartOfTrailingSpace(text[..start]), done) : start;
            end += token.RightStrip ? LengthOfLeadingSpace(text[end..]) : 0;
            if (done < start)
            {
                take(null, done..start);
            }

            take(token, start..end);
            done = end;
        }

        if (done < text.Length)
        {
            take(null, done..text.Length);
        }
    }

    private static bool EndsWithWord(ReadOnlySpan<byte> text) =>
        Rune.DecodeLastFromUtf8(text, out Rune last, out _) == OperationStatus.Done && IsWord(last);

    private static bool StartsWithWord(ReadOnlySpan<byte> text) =>
        Rune.DecodeFromUtf8(text, out Rune first, out _) == OperationStatus.Done && IsWord(first);

    private static int StartOfTrailingSpace(ReadOnlySpan<byte> text)
    {
        while (Rune.DecodeLastFromUtf8(text, out Rune last, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(last))
        {
            text = text[..^length];
        }

        return text.Length;
    }

    private static int LengthOfLeadingSpace(ReadOnlySpan<byte> text)
    {
        int start = 0;
        while (Rune.DecodeFromUtf8(text[start..], out Rune first, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(first))
        {
            start += length;
        }

        return start;
    }

    // What \w means in Unicode (UTS 18, annex C): alphabetic, marks, decimal digits, connectors, joiners. The last ranges are the
    // alphabetic symbols, which no category tells: letters in circles and squares.
    private static bool IsWord(Rune character) => Rune.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation => true,
        _ => character.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
    };
}
