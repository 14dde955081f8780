using GptSharp.Data.Datasets;
using GptSharp.Data.Duplicates;

namespace GptSharp.Data.Preparation;

/// <summary>
/// Between the two readings of a corpus: finds copies, shares out the documents among training, validation and test, and writes down what
/// becomes of each section. All of it is sorting and merging of files, in bounded memory.
/// </summary>
internal sealed class Decider(DatasetOptions options, DropReasons reasons, DatasetScratch scratch, bool isSingleText)
{
    /// <summary>In the file of verdicts: kept, and divided by position. Below that is the number of a split.</summary>
    public const byte ByPosition = 3;

    /// <summary>In the file of verdicts: this and above, the number of a reason added, dropped.</summary>
    public const byte Dropped = 16;

    // Fewer documents than this are too few to give each split its share.
    private const int FewestDocuments = 10;

    /// <summary>Decides.</summary>
    public Decision Run(CancellationToken cancellation)
    {
        using var copies = new ExternalSort<long>(scratch.Sort("copies"));
        long distinct = 0;
        using (var byHash = new ExternalSort<HashedDocument>(scratch.Sort("hash")))
        {
            foreach (SurveyedDocument document in SurveyedDocuments.Read(scratch.Survey).Where(document => document.Reason == 0))
            {
                byHash.Add(new HashedDocument(document.Hash, document.Number, document.Characters));
            }

            UInt128? last = null;
            foreach (HashedDocument document in byHash.Sorted())
            {
                cancellation.ThrowIfCancellationRequested();
                if (document.Hash == last)
                {
                    copies.Add(document.Number);
                }

                distinct += document.Hash == last ? 0 : 1;
                last = document.Hash;
            }
        }

        using var nearCopies = new ExternalSort<long>(scratch.Sort("near"));
        if (options.NearDuplicateThreshold is { } threshold)
        {
            NearDuplicates.Find(scratch.Signatures, threshold, nearCopies.Add, scratch.Sort("bands"), cancellation);
        }

        // A cut by position could put two copies of a document on both of its sides, so there copies always go.
        return (isSingleText || distinct < FewestDocuments ? null : ByDocuments(Judged(copies, nearCopies, options.DropDuplicates), cancellation))
            ?? WriteByPosition(Judged(copies, nearCopies, dropCopies: !isSingleText));
    }

    /// <summary>All documents, with copies dropped.</summary>
    private IEnumerable<SurveyedDocument> Judged(ExternalSort<long> copies, ExternalSort<long> nearCopies, bool dropCopies)
    {
        using var copy = new SortedMembers(dropCopies ? copies.Sorted() : []);
        using var near = new SortedMembers(nearCopies.Sorted());
        foreach (SurveyedDocument document in SurveyedDocuments.Read(scratch.Survey))
        {
            bool isCopy = copy.Contains(document.Number);
            bool isNear = near.Contains(document.Number);
            yield return document.Reason != 0 ? document
                : isCopy ? document with { Reason = reasons.Duplicate }
                : isNear ? document with { Reason = reasons.NearDuplicate }
                : document;
        }
    }

    // The order of hashes is as good as random, and depends on nothing but the texts; copies of a text stay together. Each split in turn
    // takes every text that brings it nearer to its share.
    private Decision? ByDocuments(IEnumerable<SurveyedDocument> documents, CancellationToken cancellation)
    {
        using var byHash = new ExternalSort<HashedDocument>(scratch.Sort("hash"));
        long characters = 0;
        foreach (SurveyedDocument document in documents.Where(document => document.Reason == 0))
        {
            byHash.Add(new HashedDocument(document.Hash, document.Number, document.Characters));
            characters += document.Characters;
        }

        using var splits = new ExternalSort<long>(scratch.Sort("split"));
        double missingTest = options.TestShare * characters;
        double missingValidation = options.ValidationShare * characters;
        var sizes = new long[DatasetFolder.Splits.Count];
        IEnumerable<HashedDocument> sorted = byHash.Sorted();
        using IEnumerator<HashedDocument> shared = sorted.GetEnumerator();
        UInt128 hash = 0;
        (long copies, long size) = (0, 0);
        foreach (HashedDocument document in sorted)
        {
            cancellation.ThrowIfCancellationRequested();
            if (document.Hash != hash)
            {
                Share();
                (hash, copies, size) = (document.Hash, 0, 0);
            }

            (copies, size) = (copies + 1, size + document.Characters);
        }

        Share();
        return sizes[0] == 0 || sizes[1] == 0 || (sizes[2] == 0 && options.TestShare > 0) ? null : WriteByDocuments(documents, splits, sizes);

        // A second walk follows the first, a text behind it.
        void Share()
        {
            int split = size < 2 * missingTest ? 2 : size < 2 * missingValidation ? 1 : 0;
            missingTest -= split == 2 ? size : 0;
            missingValidation -= split == 1 ? size : 0;
            sizes[split] += size;
            for (long i = 0; i < copies && shared.MoveNext(); i++)
            {
                splits.Add((shared.Current.Number * DatasetFolder.Splits.Count) + split);
            }
        }
    }

    private Decision WriteByDocuments(IEnumerable<SurveyedDocument> documents, ExternalSort<long> splits, long[] sizes)
    {
        using IEnumerator<long> assigned = splits.Sorted().GetEnumerator();
        return Write(documents, SplitKind.Documents, document =>
        {
            assigned.MoveNext();
            (long number, long split) = Math.DivRem(assigned.Current, DatasetFolder.Splits.Count);
            return number == document.Number ? (byte)split : throw new InvalidOperationException("The splits do not fit the documents.");
        }) with
        { SplitCharacters = sizes };
    }

    private Decision WriteByPosition(IEnumerable<SurveyedDocument> documents)
    {
        Decision decision = Write(documents, SplitKind.Position, _ => ByPosition);

        // Decimal, so that a tenth is a tenth.
        long end = decision.Characters;
        long test = (long)(end * (1 - (decimal)options.TestShare));
        long validation = (long)(end * (1 - (decimal)options.TestShare - (decimal)options.ValidationShare));
        return decision with { FirstOfValidation = validation, FirstOfTest = test, SplitCharacters = [validation, test - validation, end - test] };
    }

    private Decision Write(IEnumerable<SurveyedDocument> documents, SplitKind kind, Func<SurveyedDocument, byte> verdictOf)
    {
        var droppedDocuments = new long[reasons.Count];
        var droppedCharacters = new long[reasons.Count];
        long kept = 0;
        long characters = 0;
        using (var verdicts = new FileStream(scratch.Verdicts, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            foreach (SurveyedDocument document in documents)
            {
                byte verdict = document.Reason == 0 ? verdictOf(document) : (byte)(Dropped + document.Reason);
                for (int section = 0; section < document.Sections; section++)
                {
                    verdicts.WriteByte(verdict);
                }

                if (document.Reason == 0)
                {
                    kept++;
                    characters += document.Characters;
                }
                else
                {
                    droppedDocuments[document.Reason - 1]++;
                    droppedCharacters[document.Reason - 1] += document.Characters;
                }
            }

            verdicts.Flush(flushToDisk: true);
        }

        return new Decision
        {
            Split = kind,
            Documents = kept,
            Characters = characters,
            DroppedDocuments = droppedDocuments,
            DroppedCharacters = droppedCharacters,
        };
    }

    private readonly record struct HashedDocument(UInt128 Hash, long Number, long Characters) : IComparable<HashedDocument>
    {
        public int CompareTo(HashedDocument other) => Hash != other.Hash ? Hash.CompareTo(other.Hash) : Number.CompareTo(other.Number);
    }
}
