namespace GptSharp.Training.Proof;

/// <summary>Few rows in which every pair of values of two factors meets: most faults need two settings together, hardly any three.</summary>
public static class CoveringArray
{
    /// <summary>Every combination.</summary>
    /// <param name="levels">How many values each factor has.</param>
    public static IReadOnlyList<int[]> Full(IReadOnlyList<int> levels)
    {
        List<int[]> rows = [[]];
        foreach (int count in levels)
        {
            rows = [.. rows.SelectMany(row => Enumerable.Range(0, count).Select(value => (int[])[.. row, value]))];
        }

        return rows;
    }

    /// <summary>
    /// Of all combinations again and again the one that covers most pairs that no row has yet: for a handful of small factors close to the
    /// fewest rows possible, the product of the two largest counts.
    /// </summary>
    /// <param name="levels">How many values each factor has.</param>
    public static IReadOnlyList<int[]> Pairs(IReadOnlyList<int> levels)
    {
        IReadOnlyList<int[]> all = Full(levels);
        HashSet<(int, int, int, int)> open = [.. all.SelectMany(PairsOf)];
        List<int[]> rows = [];
        while (open.Count > 0)
        {
            int[] best = all.MaxBy(row => PairsOf(row).Count(open.Contains))!;
            rows.Add(best);
            open.ExceptWith(PairsOf(best));
        }

        return rows;
    }

    private static IEnumerable<(int, int, int, int)> PairsOf(int[] row)
    {
        for (int first = 0; first < row.Length; first++)
        {
            for (int second = first + 1; second < row.Length; second++)
            {
                yield return (first, row[first], second, row[second]);
            }
        }
    }
}
