using System.Runtime.InteropServices;
using GptSharp.Data.Filters;
using GptSharp.Data.Preparation;

namespace GptSharp.Data.Duplicates;

/// <summary>
/// Finds documents that are nearly copies of earlier ones, in bounded memory: signatures lie in a file, and locality-sensitive hashing
/// (20 bands of 6 of their numbers) sorts those together that agree in a whole band. Such candidates are compared number by number; a
/// document goes when its similarity to an earlier one is at least the threshold, whether that one stays or not.
/// </summary>
/// <remarks>
/// Two sets of similarity s agree in some band with probability 1 - (1 - s^6)^20: 0.998 at 0.8, 0.87 at 0.65, 0.27 at 0.5.
/// A band's documents are compared with at most the first <see cref="MostCompared"/> different ones among them.
/// </remarks>
internal static class NearDuplicates
{
    private const int Bands = 20;
    private const int Rows = MinHash.Functions / Bands;
    private const int MostCompared = 16;

    /// <summary>The signature of a text; null if it has no words.</summary>
    public static ushort[]? SignatureOf(TextUnderReview text)
    {
        List<ulong> words = text.PlainWordHashes;
        if (words.Count == 0)
        {
            return null;
        }

        var signature = new ushort[MinHash.Functions];
        TextHash.NGrams(words, Math.Min(MinHash.ShingleWords, words.Count), text.Hashes);
        MinHash.Sign(text.Hashes, signature);
        return signature;
    }

    /// <summary>Finds them.</summary>
    /// <param name="signatures">A file of <see cref="SignedDocument"/>s and the signature after each, in the order of documents.</param>
    /// <param name="threshold">The similarity from which a document goes.</param>
    /// <param name="drop">Told the document of each pair that goes; of one document maybe several times, in any order.</param>
    /// <param name="scratch">Beginning of the paths of files that are needed for a while.</param>
    /// <param name="cancellation">Looked at for every band.</param>
    public static void Find(string signatures, double threshold, Action<long> drop, string scratch, CancellationToken cancellation)
    {
        using FileStream file = new(signatures, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        for (int band = 0; band < Bands; band++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var sort = new ExternalSort<BandEntry>(scratch);
            foreach (BandEntry entry in EntriesOf(file, band))
            {
                sort.Add(entry);
            }

            Compare(file, sort.Sorted(), threshold, drop);
        }
    }

    private static IEnumerable<BandEntry> EntriesOf(FileStream file, int band)
    {
        file.Position = 0;
        long place = 0;
        foreach (SignedDocument signed in RecordFile.Read<SignedDocument>(file))
        {
            yield return new BandEntry(signed.Signature.Band(band * Rows, Rows), signed.Document, place++);
        }
    }

    private static void Compare(FileStream file, IEnumerable<BandEntry> entries, double threshold, Action<long> drop)
    {
        List<ushort[]> earlier = [];
        BandEntry first = default;
        bool hasFirst = false;
        foreach (BandEntry entry in entries)
        {
            if (!hasFirst || entry.Key != first.Key)
            {
                (first, hasFirst) = (entry, true);
                earlier.Clear();
                continue;
            }

            if (earlier.Count == 0)
            {
                earlier.Add(Load(file, first.Place));
            }

            ushort[] signature = Load(file, entry.Place);
            if (earlier.Any(other => MinHash.Similarity(other, signature) >= threshold))
            {
                drop(entry.Document);
            }
            else if (earlier.Count < MostCompared)
            {
                earlier.Add(signature);
            }
        }
    }

    private static ushort[] Load(FileStream file, long place)
    {
        var signature = new ushort[MinHash.Functions];
        int size = Marshal.SizeOf<SignedDocument>();
        RandomAccess.Read(file.SafeFileHandle, MemoryMarshal.AsBytes(signature.AsSpan()), (place * size) + sizeof(long));
        return signature;
    }

    private readonly record struct BandEntry(ulong Key, long Document, long Place) : IComparable<BandEntry>
    {
        public int CompareTo(BandEntry other) => Key != other.Key ? Key.CompareTo(other.Key) : Document.CompareTo(other.Document);
    }
}
