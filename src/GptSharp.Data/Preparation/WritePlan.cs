using GptSharp.Data.Corpora;

namespace GptSharp.Data.Preparation;

/// <summary>A batch of a corpus, and what becomes of each of its sections.</summary>
/// <param name="Raw">The batch.</param>
/// <param name="Sections">In its order.</param>
internal sealed record PlannedBatch(RawBatch Raw, IReadOnlyList<PlannedSection> Sections);

/// <summary>What becomes of a section.</summary>
/// <param name="Record">What the survey found out about it.</param>
/// <param name="Verdict">What was decided; see <see cref="Decider"/>.</param>
/// <param name="First">Kept characters before it, which decide where it goes in a corpus that is divided by position.</param>
internal readonly record struct PlannedSection(SurveyRecord Record, byte Verdict, long First)
{
    /// <summary>Whether it is kept.</summary>
    public bool IsKept => Verdict < Decider.Dropped;
}

/// <summary>Reads a corpus for the second time, beside the survey and the verdicts.</summary>
internal sealed class WritePlan(TextCorpus corpus, DatasetScratch scratch)
{
    /// <summary>Reads.</summary>
    /// <param name="from">Where to begin.</param>
    /// <exception cref="CorpusException">The corpus has more or fewer sections than before.</exception>
    public IEnumerable<PlannedBatch> Read(WriteState from)
    {
        using var records = new FileStream(scratch.Survey, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        using var verdicts = new FileStream(scratch.Verdicts, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        records.Position = from.Sections * System.Runtime.CompilerServices.Unsafe.SizeOf<SurveyRecord>();
        verdicts.Position = from.Sections;
        using IEnumerator<SurveyRecord> surveyed = RecordFile.Read<SurveyRecord>(records).GetEnumerator();
        long characters = from.Characters;
        foreach (RawBatch batch in new CorpusReader(corpus).Read(from.Position))
        {
            var sections = new PlannedSection[batch.Documents.Count];
            for (int i = 0; i < sections.Length; i++)
            {
                int verdict = verdicts.ReadByte();
                if (verdict < 0 || !surveyed.MoveNext())
                {
                    throw Changed(batch.Documents[i].File.Path);
                }

                sections[i] = new PlannedSection(surveyed.Current, (byte)verdict, characters);
                characters += sections[i].IsKept ? surveyed.Current.Characters : 0;
            }

            yield return new PlannedBatch(batch, sections);
        }

        if (verdicts.ReadByte() >= 0)
        {
            throw Changed(corpus.Path);
        }
    }

    /// <summary>The exception for a text that is not what it was.</summary>
    public static CorpusException Changed(string path) => new($"{path} changed while it was being read; prepare the data set again.");
}
