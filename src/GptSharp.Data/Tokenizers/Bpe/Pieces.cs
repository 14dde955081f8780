namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// The split patterns, each written by hand as the decisions that its regular expression makes, in the same order: alternatives from left to right, every
/// run as long as it gets, and given back only where the comment says so.
/// </summary>
internal static class Pieces
{
    private const CharacterClass LetterOrNumber = CharacterClass.Letter | CharacterClass.Number;

    /// <summary><c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.</summary>
    public static int EndOfGpt2(ReadOnlySpan<byte> text, int start)
    {
        int contraction = Runs.EndOfContraction(text, start, anyCase: false);
        if (contraction > start)
        {
            return contraction;
        }

        int body = text[start] == (byte)' ' && start + 1 < text.Length ? start + 1 : start;
        CharacterClass first = Characters.At(text, body, out int length);
        if ((first & CharacterClass.Letter) != 0)
        {
            return Runs.EndOfLetters(text, body + length);
        }

        if ((first & CharacterClass.Number) != 0)
        {
            return Runs.EndOf(text, body + length, CharacterClass.Number);
        }

        return (first & CharacterClass.Space) == 0
            ? Runs.EndOfSymbols(text, body + length)
            : Runs.EndOfSpaces(text, start, stopsAtLineEnds: false);
    }

    /// <summary>
    /// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>, with as many numbers in a
    /// piece as <paramref name="numbers"/> says.
    /// </summary>
    public static int EndOfCl100k(ReadOnlySpan<byte> text, int start, int numbers)
    {
        int contraction = Runs.EndOfContraction(text, start, anyCase: true);
        if (contraction > start)
        {
            return contraction;
        }

        CharacterClass first = Characters.At(text, start, out int length);
        int second = start + length;
        if ((first & CharacterClass.Letter) != 0)
        {
            return Runs.EndOfLetters(text, second);
        }

        if ((first & CharacterClass.Number) != 0)
        {
            return Runs.EndOfNumbers(text, start, numbers);
        }

        if ((first & CharacterClass.LineEnd) == 0 && second < text.Length
            && (Characters.At(text, second, out length) & CharacterClass.Letter) != 0)
        {
            return Runs.EndOfLetters(text, second + length);
        }

        int symbols = EndOfSpacedSymbols(text, start);
        return symbols > start
            ? Runs.EndOf(text, symbols, CharacterClass.LineEnd)
            : Runs.EndOfSpaces(text, start, stopsAtLineEnds: true);
    }

    /// <summary>
    /// Words are <c>[^\r\n\p{L}\p{N}]?</c>, then <c>A*B+</c> or else <c>A+B*</c>, then a contraction if there is one; A are capitals, B small letters, and
    /// letters without case and marks belong to both. The rest is cl100k's, and slashes may follow symbols as line ends do.
    /// </summary>
    public static int EndOfO200k(ReadOnlySpan<byte> text, int start)
    {
        CharacterClass first = Characters.At(text, start, out int length);
        if ((first & CharacterClass.Number) != 0)
        {
            return Runs.EndOfNumbers(text, start, 3);
        }

        if ((first & CharacterClass.LineEnd) == 0)
        {
            int word = EndOfO200kWord(text, start, first, length);
            if (word > start)
            {
                return Runs.EndOfContraction(text, word, anyCase: true);
            }
        }

        int symbols = EndOfSpacedSymbols(text, start);
        if (symbols > start)
        {
            while (symbols < text.Length && text[symbols] is (byte)'\r' or (byte)'\n' or (byte)'/')
            {
                symbols++;
            }

            return symbols;
        }

        return Runs.EndOfSpaces(text, start, stopsAtLineEnds: true);
    }

    // Only a mark can be both what stands before a word and the word's first character: it is the former where that leaves an A*B+,
    // and otherwise an A*B+ by itself at the least, so that A+B* is never asked.
    private static int EndOfO200kWord(ReadOnlySpan<byte> text, int start, CharacterClass first, int length)
    {
        bool isLetter = (first & CharacterClass.Letter) != 0;
        int body = isLetter ? start : start + length;
        int capitals = body;

        // A*, and where B+ would end if A* had to give characters back: behind the last one that is in both.
        int givenBack = body;
        while (capitals < text.Length)
        {
            CharacterClass current = Characters.At(text, capitals, out int width);
            if ((current & CharacterClass.WordStart) == 0)
            {
                break;
            }

            capitals += width;
            if ((current & CharacterClass.WordEnd) != 0)
            {
                givenBack = capitals;
            }
        }

        int end = Runs.EndOfWordEnd(text, capitals);
        if (end > capitals)
        {
            return end;
        }

        if (givenBack > body)
        {
            return givenBack;
        }

        if ((first & CharacterClass.Mark) != 0)
        {
            return start + length;
        }

        return capitals > body ? capitals : start;
    }

    // ` ?[^\s\p{L}\p{N}]+`, or the start where there is none.
    private static int EndOfSpacedSymbols(ReadOnlySpan<byte> text, int start)
    {
        int body = text[start] == (byte)' ' ? start + 1 : start;
        int end = Runs.EndOfSymbols(text, body);
        return end > body ? end : start;
    }
}
