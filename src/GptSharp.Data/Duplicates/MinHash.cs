using System.Numerics;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Duplicates;

/// <summary>
/// Broder 1997, "On the resemblance and containment of documents": the share of hash functions under which two sets have the same smallest
/// element estimates their Jaccard similarity. The sets are those of all <see cref="ShingleWords"/> words in a row; of each smallest
/// hash, 16 bits are kept, which differ for different hashes but once in 65,536 times. 120 functions estimate a similarity of 0.8 with
/// a standard deviation of 0.037.
/// </summary>
internal static class MinHash
{
    /// <summary>Hash functions.</summary>
    public const int Functions = 120;

    /// <summary>Bytes of a signature.</summary>
    public const int Bytes = Functions * sizeof(ushort);

    /// <summary>Words in a row that make an element.</summary>
    public const int ShingleWords = 5;

    // Pairs of an addend and a factor for each function, drawn once and for all.
    private static readonly uint[] Addends = Draw(0x5DEECE66D);
    private static readonly uint[] Factors = [.. Draw(0xB5026F5AA).Select(number => number | 1)];

    /// <summary>The signature of a set.</summary>
    /// <param name="shingles">Hashes of its elements; at least one.</param>
    /// <param name="signature">Receives <see cref="Functions"/> numbers.</param>
    public static void Sign(List<ulong> shingles, Span<ushort> signature)
    {
        Span<uint> smallest = stackalloc uint[Functions];
        smallest.Fill(uint.MaxValue);
        foreach (ulong shingle in shingles)
        {
            Lower(smallest, (uint)(shingle >> 32));
        }

        for (int function = 0; function < Functions; function++)
        {
            // The high bits of a minimum are nearly always zero.
            signature[function] = (ushort)smallest[function];
        }
    }

    /// <summary>The estimate of two sets' Jaccard similarity.</summary>
    public static double Similarity(ReadOnlySpan<ushort> first, ReadOnlySpan<ushort> second)
    {
        int equal = 0;
        for (int function = 0; function < Functions; function++)
        {
            equal += first[function] == second[function] ? 1 : 0;
        }

        return equal / (double)Functions;
    }

    private static void Lower(Span<uint> smallest, uint element)
    {
        Span<Vector<uint>> wide = MemoryMarshal.Cast<uint, Vector<uint>>(smallest);
        ReadOnlySpan<Vector<uint>> addends = MemoryMarshal.Cast<uint, Vector<uint>>(Addends.AsSpan());
        ReadOnlySpan<Vector<uint>> factors = MemoryMarshal.Cast<uint, Vector<uint>>(Factors.AsSpan());
        var value = new Vector<uint>(element);
        for (int i = 0; i < wide.Length; i++)
        {
            wide[i] = Vector.Min(wide[i], Permute(value, addends[i], factors[i]));
        }

        for (int function = wide.Length * Vector<uint>.Count; function < Functions; function++)
        {
            smallest[function] = Math.Min(smallest[function], Permute(element, Addends[function], Factors[function]));
        }
    }

    // Each step is a bijection of 32 bits, so no two elements share a hash. The shift between two products lets high bits act on low ones.
    private static Vector<uint> Permute(Vector<uint> element, Vector<uint> addend, Vector<uint> factor)
    {
        Vector<uint> value = (element + addend) * factor;
        value ^= Vector.ShiftRightLogical(value, 15);
        value *= factor;
        return value ^ Vector.ShiftRightLogical(value, 16);
    }

    private static uint Permute(uint element, uint addend, uint factor)
    {
        uint value = (element + addend) * factor;
        value ^= value >> 15;
        value *= factor;
        return value ^ (value >> 16);
    }

    private static uint[] Draw(ulong seed)
    {
        var numbers = new uint[Functions];
        for (int i = 0; i < Functions; i++)
        {
            numbers[i] = (uint)(Sampling.Mixing.Mix(seed, (ulong)i) >> 32);
        }

        return numbers;
    }
}
