using System.IO.Hashing;
using System.Text;

namespace GptSharp.Data.Stories;

/// <summary>
/// Stories in splits. Which split a story belongs to is decided by a hash of its text, so that no story can occur in two of them.
/// </summary>
/// <param name="Training">What a model learns from.</param>
/// <param name="Validation">What it is judged by while it learns.</param>
/// <param name="Test">What it is judged by at the end.</param>
public sealed record StoryCorpus(StorySplit Training, StorySplit Validation, StorySplit Test)
{
    /// <summary>Writes a corpus.</summary>
    /// <param name="grammar">What writes.</param>
    /// <param name="seed">The same seed gives the same corpus.</param>
    /// <param name="characters">Stories are written until the corpus has so many characters.</param>
    /// <param name="validationShare">Share of stories for validation, 0 to 1.</param>
    /// <param name="testShare">Share of stories for a final test, 0 to 1.</param>
    public static StoryCorpus Write(StoryGrammar grammar, ulong seed, long characters, double validationShare, double testShare)
    {
        (StorySplit training, StorySplit validation, StorySplit test) = (new StorySplit(), new StorySplit(), new StorySplit());
        long written = 0;
        for (long index = 0; written < characters; index++)
        {
            string story = grammar.Write(seed, index);
            double place = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(story)) / (double)ulong.MaxValue;
            StorySplit split = place < validationShare ? validation : place < validationShare + testShare ? test : training;
            split.Add(story);
            written += story.Length;
        }

        return new StoryCorpus(training, validation, test);
    }
}
