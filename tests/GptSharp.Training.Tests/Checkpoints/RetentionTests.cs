using GptSharp.Training.Checkpoints;

namespace GptSharp.Training.Tests.Checkpoints;

public sealed class RetentionTests
{
    private static readonly long[] Steps = [10, 20, 25, 30, 40, 50];

    [Theory]
    [InlineData(2, true, 0, 20L, new long[] { 10, 25, 30 })]
    [InlineData(2, false, 0, 20L, new long[] { 10, 20, 25, 30 })]
    [InlineData(1, true, 20, 50L, new long[] { 10, 25, 30 })]
    [InlineData(1, true, 1, null, new long[] { })]
    [InlineData(6, false, 0, null, new long[] { })]
    [InlineData(9, false, 0, null, new long[] { })]
    [InlineData(1, true, 0, 99L, new long[] { 10, 20, 25, 30, 40 })]
    public void The_newest_the_best_and_every_nth_are_kept(int last, bool best, long every, long? bestStep, long[] gone) =>
        Assert.Equal(gone, new Retention(last, best, every).Superfluous(Steps, bestStep));
}
