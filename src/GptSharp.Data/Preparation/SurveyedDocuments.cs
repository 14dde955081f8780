using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Preparation;

/// <summary>A document that was surveyed, whole.</summary>
/// <param name="Number">Its number in the corpus.</param>
/// <param name="Hash">Hash of its text.</param>
/// <param name="Characters">Its characters.</param>
/// <param name="Reason">Number of the reason to drop it, from 1; 0 to keep it.</param>
/// <param name="Sections">Its sections.</param>
internal readonly record struct SurveyedDocument(long Number, UInt128 Hash, long Characters, short Reason, int Sections);

/// <summary>Puts the sections of a survey together to documents.</summary>
internal static class SurveyedDocuments
{
    /// <summary>Reads a survey.</summary>
    /// <param name="path">The file.</param>
    public static IEnumerable<SurveyedDocument> Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        SurveyedDocument document = default;
        foreach (SurveyRecord section in RecordFile.Read<SurveyRecord>(stream))
        {
            var hash = new UInt128(section.HashHigh, section.HashLow);
            if (section.IsContinuation != 0)
            {
                // A document goes whole, for the reason that was found first.
                document = document with
                {
                    Hash = Joined(document.Hash, hash),
                    Characters = document.Characters + section.Characters,
                    Reason = document.Reason != 0 ? document.Reason : section.Reason,
                    Sections = document.Sections + 1,
                };
                continue;
            }

            if (document.Sections > 0)
            {
                yield return document;
            }

            document = new SurveyedDocument(document.Sections == 0 ? 0 : document.Number + 1, hash, section.Characters, section.Reason, 1);
        }

        if (document.Sections > 0)
        {
            yield return document;
        }
    }

    private static UInt128 Joined(UInt128 first, UInt128 second) =>
        XxHash128.HashToUInt128(MemoryMarshal.AsBytes((ReadOnlySpan<UInt128>)[first, second]));
}
