using System.Text;

namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>Unicode's normalization forms. Source: Unicode Standard Annex 15, and for Hangul, The Unicode Standard, section 3.12.</summary>
internal sealed class UnicodeForm(bool compatible, bool composes)
{
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int SyllableCount = 19 * VowelCount * TailCount;

    private readonly NormalizationTable _table = NormalizationTable.Instance;

    public string Normalize(string text)
    {
        // Below these characters nothing has parts, or nothing that a composition does not put together again.
        char first = compatible ? '\u00A0' : composes ? '\u0300' : '\u00C0';
        if (!text.AsSpan().ContainsAnyInRange(first, '\uFFFF'))
        {
            return text;
        }

        var codes = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            AddParts(codes, rune.Value);
        }

        SortMarks(codes);
        var result = new StringBuilder(text.Length);
        foreach (int code in composes ? Compose(codes) : codes)
        {
            result.Append(new Rune(code).ToString());
        }

        return result.ToString();
    }

    private void AddParts(List<int> codes, int code)
    {
        int syllable = code - SyllableBase;
        if ((uint)syllable < SyllableCount)
        {
            codes.Add(LeadBase + (syllable / (VowelCount * TailCount)));
            codes.Add(VowelBase + (syllable / TailCount % VowelCount));
            if (syllable % TailCount > 0)
            {
                codes.Add(TailBase + (syllable % TailCount));
            }
        }
        else if (_table.PartsOf(code, compatible) is { } parts)
        {
            codes.AddRange(parts);
        }
        else
        {
            codes.Add(code);
        }
    }

    // Stable, and within runs of marks only.
    private void SortMarks(List<int> codes)
    {
        for (int start = 0; start < codes.Count;)
        {
            int end = start;
            while (end < codes.Count && _table.ClassOf(codes[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] sorted = [.. codes.GetRange(start, end - start).OrderBy(_table.ClassOf)];
                for (int i = 0; i < sorted.Length; i++)
                {
                    codes[start + i] = sorted[i];
                }
            }

            start = end + 1;
        }
    }

    // A character joins the last one that stays in place, unless another of its class, or of a higher one, stands between them.
    private List<int> Compose(List<int> codes)
    {
        var result = new List<int>(codes.Count);
        int starter = -1;
        int lastClass = -1;
        foreach (int code in codes)
        {
            int own = _table.ClassOf(code);
            bool reaches = starter >= 0 && (lastClass < own || (lastClass <= 0 && result.Count == starter + 1));
            int composed = reaches ? Pair(result[starter], code) : -1;
            if (composed >= 0)
            {
                result[starter] = composed;
                continue;
            }

            result.Add(code);
            lastClass = own;
            if (own == 0)
            {
                (starter, lastClass) = (result.Count - 1, -1);
            }
        }

        return result;
    }

    private int Pair(int first, int second)
    {
        (int lead, int vowel) = (first - LeadBase, second - VowelBase);
        if ((uint)lead < 19 && (uint)vowel < VowelCount)
        {
            return SyllableBase + (((lead * VowelCount) + vowel) * TailCount);
        }

        (int syllable, int tail) = (first - SyllableBase, second - TailBase);
        return (uint)syllable < SyllableCount && syllable % TailCount == 0 && tail is > 0 and < TailCount
            ? first + tail
            : _table.Compose(first, second);
    }
}
