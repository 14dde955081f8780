using GptSharp.Training.Proof;

namespace GptSharp.Training.Tests.Proof;

public sealed class CoveringArrayTests
{
    [Theory]
    [InlineData(3, 4, 2, 2, 2)]
    [InlineData(2, 2, 2)]
    [InlineData(5, 3)]
    public void Every_pair_of_values_of_two_factors_meets_in_few_rows(params int[] levels)
    {
        IReadOnlyList<int[]> rows = CoveringArray.Pairs(levels);
        for (int first = 0; first < levels.Length; first++)
        {
            for (int second = first + 1; second < levels.Length; second++)
            {
                Assert.Equal(levels[first] * levels[second], rows.Select(row => (row[first], row[second])).Distinct().Count());
            }
        }

        int fewest = levels.OrderDescending().Take(2).Aggregate((left, right) => left * right);
        Assert.InRange(rows.Count, fewest, fewest + 2);
        Assert.Equal(levels.Aggregate((left, right) => left * right), CoveringArray.Full(levels).Distinct(RowComparer.Instance).Count());
    }

    private sealed class RowComparer : IEqualityComparer<int[]>
    {
        public static RowComparer Instance { get; } = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] row) => row.Aggregate(0, HashCode.Combine);
    }
}
