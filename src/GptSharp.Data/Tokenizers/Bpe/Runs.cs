using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>Ends of runs of characters, from which the split patterns are made. All of them look at each byte once.</summary>
internal static class Runs
{
    /// <summary>The end of the longest run of characters of a class, which may be empty.</summary>
    public static int EndOf(ReadOnlySpan<byte> text, int place, CharacterClass wanted)
    {
        while (place < text.Length && (Characters.At(text, place, out int length) & wanted) != 0)
        {
            place += length;
        }

        return place;
    }

    /// <summary>The end of a run of letters. Sixteen bytes of ASCII at a time, because most text is English words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EndOfLetters(ReadOnlySpan<byte> text, int place)
    {
        int end = SkipAsciiLetters(text, place, 0x20);
        return end < text.Length && text[end] >= 0x80 ? EndOf(text, end, CharacterClass.Letter) : end;
    }

    /// <summary>The end of a run that o200k calls the second part of a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int EndOfWordEnd(ReadOnlySpan<byte> text, int place)
    {
        int end = SkipAsciiLetters(text, place, 0);
        return end < text.Length && text[end] >= 0x80 ? EndOf(text, end, CharacterClass.WordEnd) : end;
    }

    /// <summary>The end of a run of punctuation, symbols and marks: <c>[^\s\p{L}\p{N}]*</c>.</summary>
    public static int EndOfSymbols(ReadOnlySpan<byte> text, int place)
    {
        const CharacterClass others = CharacterClass.Space | CharacterClass.Letter | CharacterClass.Number;
        while (place < text.Length && (Characters.At(text, place, out int length) & others) == 0)
        {
            place += length;
        }

        return place;
    }

    /// <summary>The end of at most so many numbers.</summary>
    public static int EndOfNumbers(ReadOnlySpan<byte> text, int place, int atMost)
    {
        for (int i = 0; i < atMost && place < text.Length && (Characters.At(text, place, out int length) & CharacterClass.Number) != 0; i++)
        {
            place += length;
        }

        return place;
    }

    /// <summary>
    /// <c>\s+(?!\S)|\s+</c>: of white space before something else, the last character is left to it, unless it is the only one. With
    /// <paramref name="stopsAtLineEnds"/> <c>\s*[\r\n]+</c> comes first: the piece ends behind the last line end.
    /// </summary>
    public static int EndOfSpaces(ReadOnlySpan<byte> text, int place, bool stopsAtLineEnds)
    {
        int end = place;
        int last = place;
        int behindLineEnd = place;
        while (end < text.Length)
        {
            CharacterClass current = Characters.At(text, end, out int length);
            if ((current & CharacterClass.Space) == 0)
            {
                break;
            }

            last = end;
            end += length;
            if ((current & CharacterClass.LineEnd) != 0)
            {
                behindLineEnd = end;
            }
        }

        if (stopsAtLineEnds && behindLineEnd > place)
        {
            return behindLineEnd;
        }

        return end == text.Length || last == place ? end : last;
    }

    /// <summary>The end of a contraction ('s, 't, 're, 've, 'm, 'll, 'd) that may start at a place; the place itself where none does.</summary>
    /// <param name="text">The text.</param>
    /// <param name="place">Where the apostrophe would be.</param>
    /// <param name="anyCase">Whether capitals count, and the long s, U+017F, whose capital is S.</param>
    public static int EndOfContraction(ReadOnlySpan<byte> text, int place, bool anyCase)
    {
        if (place + 1 >= text.Length || text[place] != (byte)'\'')
        {
            return place;
        }

        int fold = anyCase ? 0x20 : 0;
        int first = text[place + 1] | fold;
        if (first is 's' or 't' or 'm' or 'd')
        {
            return place + 2;
        }

        if (place + 2 >= text.Length)
        {
            return place;
        }

        bool longS = anyCase && text[place + 1] == 0xC5 && text[place + 2] == 0xBF;
        int second = text[place + 2] | fold;
        return longS || (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? place + 3 : place;
    }

    // With fold = 0x20 all ASCII letters, with 0 the small ones.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipAsciiLetters(ReadOnlySpan<byte> text, int place, byte fold)
    {
        while (text.Length - place >= Vector128<byte>.Count)
        {
            Vector128<byte> bytes = Vector128.LoadUnsafe(ref MemoryMarshal.GetReference(text), (nuint)place);
            Vector128<byte> letters = (bytes | Vector128.Create(fold)) - Vector128.Create((byte)'a');
            uint others = Vector128.GreaterThanOrEqual(letters, Vector128.Create((byte)26)).ExtractMostSignificantBits();
            if (others != 0)
            {
                return place + BitOperations.TrailingZeroCount(others);
            }

            place += Vector128<byte>.Count;
        }

        while (place < text.Length && (uint)((text[place] | fold) - 'a') < 26)
        {
            place++;
        }

        return place;
    }
}
