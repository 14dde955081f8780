namespace GptSharp.Inference.Tests;

public sealed class ContextWindowTests
{
    [Theory]
    [InlineData(1, 8, 0)]
    [InlineData(8, 8, 0)]
    [InlineData(9, 8, 4)]
    [InlineData(12, 8, 4)]
    [InlineData(13, 8, 8)]
    [InlineData(5, 5, 0)]
    [InlineData(6, 5, 2)]
    [InlineData(7, 5, 2)]
    [InlineData(8, 5, 4)]
    [InlineData(1, 1, 0)]
    [InlineData(2, 1, 1)]
    [InlineData(9, 1, 8)]
    [InlineData(int.MaxValue, 2, int.MaxValue - 2)]
    public void The_older_half_is_dropped_when_the_window_is_full(int length, int block, int start) =>
        Assert.Equal(start, ContextWindow.Start(length, block));

    [Fact]
    public void A_window_is_never_longer_than_the_block_nor_shorter_than_half_of_it()
    {
        for (int block = 1; block < 20; block++)
        {
            for (int length = block; length < 100; length++)
            {
                Assert.InRange(length - ContextWindow.Start(length, block), (block + 1) / 2, block);
            }
        }
    }
}
