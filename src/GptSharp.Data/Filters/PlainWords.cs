using System.Globalization;

namespace GptSharp.Data.Filters;

/// <summary>
/// The words of a text for comparing texts: runs of letters, digits and marks, in lower case, without punctuation and without regard to
/// white space. Ideographs, kana and the like, which are written without spaces, are a word each.
/// </summary>
internal static class PlainWords
{
    private const ulong Seed = 0xA0761D6478BD642F;
    private const ulong Factor = 0xE7037ED1A0B428DB;

    /// <summary>Finds them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="hashes">Receives a hash for each word.</param>
    /// <param name="places">Receives where each begins.</param>
    public static void Find(ReadOnlySpan<char> text, List<ulong> hashes, List<int> places)
    {
        hashes.Clear();
        places.Clear();
        ulong hash = Seed;
        int start = -1;
        for (int i = 0; i < text.Length; i++)
        {
            char unit = text[i];
            bool isAlone = IsUnspaced(unit);
            if (start >= 0 && (isAlone || !IsOfWord(unit)))
            {
                Add(start, hash);
                start = -1;
            }

            if (isAlone)
            {
                Add(i, Next(Seed, unit));
            }
            else if (IsOfWord(unit))
            {
                hash = Next(start < 0 ? Seed : hash, Lower(unit));
                start = start < 0 ? i : start;
            }
        }

        if (start >= 0)
        {
            Add(start, hash);
        }

        void Add(int place, ulong value)
        {
            value ^= value >> 29;
            hashes.Add(value * Factor);
            places.Add(place);
        }
    }

    private static ulong Next(ulong hash, char unit)
    {
        hash = (hash ^ unit) * Factor;
        return hash ^ (hash >> 32);
    }

    private static char Lower(char unit) => unit < 0x80 ? (char)(unit is >= 'A' and <= 'Z' ? unit | 0x20 : unit) : char.ToLowerInvariant(unit);

    private static bool IsOfWord(char unit) => unit < 0x80
        ? char.IsAsciiLetterOrDigit(unit)
        : char.IsLetterOrDigit(unit) || char.IsSurrogate(unit) || CharUnicodeInfo.GetUnicodeCategory(unit) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    // Thai, Lao, Burmese, Khmer; then kana and ideographs.
    private static bool IsUnspaced(char unit) =>
        unit >= 0x0E00 && unit is <= (char)0x0EFF or >= (char)0x1000 and <= (char)0x109F or >= (char)0x1780 and <= (char)0x17FF
            or >= (char)0x3040 and <= (char)0x30FF or >= (char)0x3400 and <= (char)0x9FFF or >= (char)0xF900 and <= (char)0xFAFF;
}
