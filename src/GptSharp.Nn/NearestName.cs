namespace GptSharp.Nn;

/// <summary>Finds the name that somebody probably meant, for "did you mean" in error messages.</summary>
public static class NearestName
{
    /// <summary>The candidate with the fewest edits from <paramref name="word"/>, or null when none is close enough to be a misspelling.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="candidates">Valid names; of two that are equally near, the earlier one wins.</param>
    /// <returns>A candidate within max(2, a third of the word's length) edits, or null.</returns>
    public static string? Find(string word, IEnumerable<string> candidates)
    {
        ArgumentNullException.ThrowIfNull(word);
        return candidates.MinBy(candidate => Distance(word, candidate)) is { } nearest && Distance(word, nearest) <= Math.Max(2, word.Length / 3)
            ? nearest
            : null;
    }

    /// <summary>The candidate with the fewest edits from <paramref name="word"/>, however many they are.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="candidates">Valid names, at least one; of two that are equally near, the earlier one wins.</param>
    /// <returns>A candidate.</returns>
    public static string Closest(string word, IEnumerable<string> candidates) =>
        candidates.MinBy(candidate => Distance(word, candidate))
        ?? throw new ArgumentException("There are no names to compare with.", nameof(candidates));

    /// <summary>
    /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other, letter case ignored
    /// (Damerau 1964, in the restricted form that edits no letter twice).
    /// </summary>
    /// <param name="left">One word.</param>
    /// <param name="right">The other word.</param>
    /// <returns>The number of edits; 0 when the words are equal but for case.</returns>
    public static int Distance(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        int[,] edits = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            for (int j = 0; j <= right.Length; j++)
            {
                edits[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Cheapest(i, j),
                };
            }
        }

        return edits[left.Length, right.Length];

        bool Same(int i, int j) => char.ToLowerInvariant(left[i]) == char.ToLowerInvariant(right[j]);

        int Cheapest(int i, int j)
        {
            int cheapest = Math.Min(edits[i - 1, j - 1] + (Same(i - 1, j - 1) ? 0 : 1), Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && Same(i - 1, j - 2) && Same(i - 2, j - 1);
            return swapped ? Math.Min(cheapest, edits[i - 2, j - 2] + 1) : cheapest;
        }
    }
}
