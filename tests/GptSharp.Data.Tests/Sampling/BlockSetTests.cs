using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;

namespace GptSharp.Data.Tests.Sampling;

public sealed class BlockSetTests
{
    private static (int[] Tokens, int[] Targets) Read(BlockSet set, long start)
    {
        var tokens = new int[set.BlockLength];
        var targets = new int[set.BlockLength];
        set.Read(start, tokens, targets);
        return (tokens, targets);
    }

    [Fact]
    public void Targets_are_the_tokens_that_follow()
    {
        var set = new BlockSet(Positions.Source(20), 4, BlockAlignment.Stream);
        Assert.Equivalent((new[] { 3, 4, 5, 6 }, new[] { 4, 5, 6, 7 }), Read(set, 3));
    }

    [Fact]
    public void Beyond_the_end_there_are_zeros_that_are_not_scored()
    {
        var set = new BlockSet(Positions.Source(20), 4, BlockAlignment.Stream);
        (int[] tokens, int[] targets) = Read(set, 18);
        Assert.Equal([18, 19, 0, 0], tokens);
        Assert.Equal([19, -1, -1, -1], targets);
        (tokens, targets) = Read(set, 16);
        Assert.Equal([16, 17, 18, 19], tokens);
        Assert.Equal([17, 18, 19, -1], targets);
    }

    [Fact]
    public void Stream_blocks_share_no_target_and_lie_within_the_source_at_every_shift()
    {
        foreach (int blockLength in new[] { 1, 3, 8 })
        {
            for (int count = blockLength + 1; count < 6 * blockLength; count++)
            {
                var set = new BlockSet(Positions.Source(count), blockLength, BlockAlignment.Stream);
                for (int shift = 0; shift < blockLength; shift++)
                {
                    int[] targets = [.. Enumerable.Range(0, (int)set.Count).SelectMany(index => Read(set, set.StartOf(index, shift)).Targets)];
                    Assert.DoesNotContain(BlockSet.IgnoredTarget, targets);
                    Assert.Equal(targets.Distinct(), targets);
                }

                // What is left over at the two ends is less than two blocks.
                Assert.True(count - 1 - (set.Count * blockLength) < 2 * blockLength);
            }
        }
    }

    [Fact]
    public void Document_blocks_start_at_documents_and_hold_as_many_as_fit()
    {
        var set = new BlockSet(Positions.Documents(3, 3, 3, 9, 2, 1), 8, BlockAlignment.Document);

        // Two documents of three and part of a third; then the third, which the ninth-long one follows; then that; then the rest.
        Assert.Equal([0, 6, 9, 18], Enumerable.Range(0, (int)set.Count).Select(index => set.StartOf(index, 0)));
    }

    [Fact]
    public void A_source_shorter_than_a_block_and_its_last_target_is_refused()
    {
        Assert.Equal(1, new BlockSet(Positions.Source(9), 8, BlockAlignment.Stream).Count);
        Assert.Equal(
            "The data has 8 tokens, but one block of 8 needs 9; use more text or a shorter model.block.",
            Assert.Throws<CorpusException>(() => new BlockSet(Positions.Source(8), 8, BlockAlignment.Stream)).Message);
        Assert.Throws<CorpusException>(() => new BlockSet(Positions.Source(0), 8, BlockAlignment.Stream));
    }

    [Fact]
    public void Documents_of_a_source_that_knows_none_are_refused() =>
        Assert.Equal(
            "The data set does not know where its documents start; use data.alignment: stream.",
            Assert.Throws<CorpusException>(() => new BlockSet(Positions.Source(100), 8, BlockAlignment.Document)).Message);

    [Fact]
    public void Documents_without_a_single_target_are_refused() =>
        Assert.Throws<CorpusException>(() => new BlockSet(Positions.Source(1, 0), 8, BlockAlignment.Document));
}
