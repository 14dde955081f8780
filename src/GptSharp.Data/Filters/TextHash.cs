using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Filters;

/// <summary>64-bit hashes of words, and of n of them in a row.</summary>
internal static class TextHash
{
    private const ulong Base = 0x9E3779B97F4A7C15;

    /// <summary>The hash of a text.</summary>
    public static ulong Of(ReadOnlySpan<char> text) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text));

    /// <summary>The hash of all n words in a row, by a polynomial that moves on from one to the next.</summary>
    /// <param name="words">Hashes of words.</param>
    /// <param name="n">Words in an n-gram.</param>
    /// <param name="ngrams">Receives as many as there are; none if there are fewer than n words.</param>
    public static void NGrams(List<ulong> words, int n, List<ulong> ngrams)
    {
        ngrams.Clear();
        if (words.Count < n)
        {
            return;
        }

        ulong leaving = 1;
        ulong sum = 0;
        for (int i = 0; i < n; i++)
        {
            sum = (sum * Base) + words[i];
            leaving = i == 0 ? 1 : leaving * Base;
        }

        ngrams.Add(Finish(sum));
        for (int i = n; i < words.Count; i++)
        {
            sum = ((sum - (words[i - n] * leaving)) * Base) + words[i];
            ngrams.Add(Finish(sum));
        }
    }

    // A polynomial's low bits depend on the low bits of the words alone.
    private static ulong Finish(ulong sum)
    {
        sum ^= sum >> 32;
        sum *= 0xD6E8FEB86659FD93;
        return BitOperations.RotateLeft(sum, 29) ^ (sum >> 32);
    }
}
