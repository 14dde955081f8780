namespace GptSharp.Data.Datasets;

/// <summary>Which text trains, which validates and which tests. No text is in two of them.</summary>
internal sealed record DatasetSplit(
    SplitKind Kind, IReadOnlyList<DocumentPart> Train, IReadOnlyList<DocumentPart> Validation, IReadOnlyList<DocumentPart> Test)
{
    // Fewer documents than this are too few to give each split its share.
    private const int FewestDocuments = 10;

    private bool HasAllParts => Train.Count > 0 && Validation.Count > 0;

    /// <summary>
    /// Divides a corpus: by whole documents if it has at least ten different ones and they can be shared out, otherwise by
    /// position.
    /// </summary>
    public static DatasetSplit Of(IReadOnlyList<SurveyedDocument> documents, double validationShare, double testShare)
    {
        SurveyedDocument[] distinct = [.. documents.DistinctBy(document => document.Hash)];
        DatasetSplit? split = distinct.Length < FewestDocuments ? null : ByDocuments(documents, validationShare, testShare);
        return split is { HasAllParts: true } && (testShare == 0 || split.Test.Count > 0)
            ? split

            // A cut by position could put two copies of a document on both of its sides.
            : ByPosition(distinct, validationShare, testShare);
    }

    private static DatasetSplit ByPosition(IReadOnlyList<SurveyedDocument> documents, double validationShare, double testShare)
    {
        // Decimal, so that a tenth is a tenth.
        long end = documents.Sum(document => document.Characters);
        long test = (long)(end * (1 - (decimal)testShare));
        long validation = (long)(end * (1 - (decimal)testShare - (decimal)validationShare));
        return new DatasetSplit(SplitKind.Position, Cut(0, validation), Cut(validation, test), Cut(test, end));

        List<DocumentPart> Cut(long from, long to)
        {
            var parts = new List<DocumentPart>();
            long start = 0;
            foreach (SurveyedDocument document in documents)
            {
                long first = Math.Max(from - start, 0);
                long last = Math.Min(to - start, document.Characters);
                if (first < last)
                {
                    parts.Add(new DocumentPart(document.Document, first, last));
                }

                start += document.Characters;
            }

            return parts;
        }
    }

    // The order of hashes is as good as random, and depends on nothing but the texts; copies of a text stay together.
    private static DatasetSplit ByDocuments(IReadOnlyList<SurveyedDocument> documents, double validationShare, double testShare)
    {
        long characters = documents.Sum(document => document.Characters);
        List<IGrouping<string, SurveyedDocument>> free =
            [.. documents.GroupBy(document => document.Hash).OrderBy(copies => copies.Key, StringComparer.Ordinal)];
        HashSet<string> test = Take(testShare);
        HashSet<string> validation = Take(validationShare);
        HashSet<string> train = [.. free.Select(copies => copies.Key)];
        return new DatasetSplit(SplitKind.Documents, Parts(train), Parts(validation), Parts(test));

        // Takes every text that brings the split nearer to its share.
        HashSet<string> Take(double share)
        {
            HashSet<string> taken = [];
            double missing = share * characters;
            foreach (IGrouping<string, SurveyedDocument> copies in free)
            {
                long size = copies.Sum(document => document.Characters);
                if (size < 2 * missing)
                {
                    taken.Add(copies.Key);
                    missing -= size;
                }
            }

            free.RemoveAll(copies => taken.Contains(copies.Key));
            return taken;
        }

        List<DocumentPart> Parts(HashSet<string> hashes) =>
            [.. documents.Where(document => hashes.Contains(document.Hash)).Select(document => new DocumentPart(document.Document, 0, document.Characters))];
    }
}
