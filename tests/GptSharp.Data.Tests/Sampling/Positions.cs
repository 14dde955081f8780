using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;

namespace GptSharp.Data.Tests.Sampling;

/// <summary>Sources whose every token is its own position, so that what is read shows where it came from.</summary>
internal static class Positions
{
    public static MemoryTokens Source(int count, params long[] documentStarts) =>
        new([.. Enumerable.Range(0, count)], Math.Max(count, 1), documentStarts);

    /// <summary>Documents of given lengths, one after the other.</summary>
    public static MemoryTokens Documents(params int[] lengths)
    {
        var starts = new long[lengths.Length];
        for (int i = 1; i < lengths.Length; i++)
        {
            starts[i] = starts[i - 1] + lengths[i - 1];
        }

        return Source(lengths.Sum(), starts);
    }

    /// <summary>The targets that an evaluation scores, in its order; checks that each stands behind the token before it.</summary>
    public static List<int> Scored(EvaluationBlocks blocks)
    {
        List<int> scored = [];
        var tokens = new int[blocks.BlockLength];
        var targets = new int[blocks.BlockLength];
        for (long index = 0; index < blocks.Count; index++)
        {
            blocks.Read(index, tokens, targets);
            for (int i = 0; i < targets.Length; i++)
            {
                if (targets[i] != BlockSet.IgnoredTarget)
                {
                    Assert.Equal(tokens[i] + 1, targets[i]);
                    scored.Add(targets[i]);
                }
            }
        }

        return scored;
    }
}
