using GptSharp.Data.Sampling;

namespace GptSharp.Data.Tests.Sampling;

public sealed class PermutationTests
{
    public static TheoryData<int> Counts => [.. Enumerable.Range(1, 70), 255, 256, 257, 1000, 4095, 4096, 4097, 65_537, 100_003];

    [Theory]
    [MemberData(nameof(Counts))]
    public void Every_number_stands_at_exactly_one_place(int count)
    {
        foreach (ulong key in new[] { 0UL, 1UL, ulong.MaxValue })
        {
            var permutation = new Permutation(count, key);
            var seen = new bool[count];
            for (int place = 0; place < count; place++)
            {
                long value = permutation[place];
                Assert.InRange(value, 0, count - 1);
                Assert.False(seen[value]);
                seen[value] = true;
            }
        }
    }

    [Theory]
    [InlineData((1L << 32) + 1)]
    [InlineData((1L << 40) - 7)]
    [InlineData(1L << 53)]
    public void Huge_counts_work_place_by_place(long count)
    {
        var permutation = new Permutation(count, 99);
        long[] values = [.. Enumerable.Range(0, 10_000).Select(i => permutation[count - 1 - i])];
        Assert.All(values, value => Assert.InRange(value, 0, count - 1));
        Assert.Equal(values.Length, values.Distinct().Count());

        // As random numbers would, they fill the whole range and rise half of the time.
        Assert.InRange(values.Average(value => value / (double)count), 0.48, 0.52);
        Assert.InRange(values.Zip(values.Skip(1)).Count(pair => pair.Second > pair.First), 4800, 5200);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(100)]
    [InlineData(1000)]
    public void As_in_a_shuffled_deck_one_number_stands_at_its_own_place_on_average(int count)
    {
        const int keys = 5000;
        int fixedPoints = 0;
        for (ulong key = 0; key < keys; key++)
        {
            var permutation = new Permutation(count, key);
            fixedPoints += Enumerable.Range(0, count).Count(place => permutation[place] == place);
        }

        // Of 5000 shuffled decks the mean is 1 with a standard deviation of 0.014.
        Assert.InRange(fixedPoints / (double)keys, 0.93, 1.07);
    }
}
