using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;

namespace GptSharp.Data.Tests.Sampling;

public sealed class EvaluationBlocksTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(8)]
    public void A_stream_is_scored_exactly_once_however_ragged_its_end(int blockLength)
    {
        for (int count = blockLength + 1; count < 5 * blockLength; count++)
        {
            var blocks = new EvaluationBlocks(new BlockSet(Positions.Source(count), blockLength, BlockAlignment.Stream));
            Assert.Equal(Enumerable.Range(1, count - 1), Positions.Scored(blocks));
        }
    }

    [Fact]
    public void Documents_that_fit_a_block_are_scored_exactly_once_each_from_its_start()
    {
        const int blockLength = 8;
        var random = new Random(3);
        for (int trial = 0; trial < 500; trial++)
        {
            int[] lengths = [.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(1, blockLength + 1))];
            MemoryTokens source = Positions.Documents(lengths);
            if (source.Count < 2)
            {
                continue;
            }

            var set = new BlockSet(source, blockLength, BlockAlignment.Document);
            var blocks = new EvaluationBlocks(set);
            Assert.Equal(Enumerable.Range(1, (int)source.Count - 1), Positions.Scored(blocks).Order());
            for (long index = 0; index < blocks.Count; index++)
            {
                Assert.Contains(blocks.StartOf(index), source.DocumentStarts);
            }
        }
    }

    [Fact]
    public void A_document_longer_than_a_block_is_scored_up_to_the_cut()
    {
        var blocks = new EvaluationBlocks(new BlockSet(Positions.Documents(3, 10, 2), 4, BlockAlignment.Document));

        // The first block holds 0 ... 3 and scores up to 4, the second 3 ... 6 up to 7; 8 ... 13 have lost sight of their document's start.
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 14], Positions.Scored(blocks));
    }

    [Theory]
    [InlineData(BlockAlignment.Stream)]
    [InlineData(BlockAlignment.Document)]
    public void A_limited_evaluation_scores_evenly_spread_blocks_and_nothing_twice(BlockAlignment alignment)
    {
        MemoryTokens source = Positions.Documents([.. Enumerable.Repeat(7, 100)]);
        var set = new BlockSet(source, 10, alignment);
        long all = new EvaluationBlocks(set).Count;
        for (long limit = 1; limit <= all + 1; limit++)
        {
            var blocks = new EvaluationBlocks(set, limit);
            Assert.Equal(Math.Min(limit, all), blocks.Count);
            List<int> scored = Positions.Scored(blocks);
            Assert.Equal(scored.Distinct(), scored);
            long[] starts = [.. Enumerable.Range(0, (int)blocks.Count).Select(index => blocks.StartOf(index))];
            long[] gaps = [.. starts.Zip(starts.Skip(1), (first, second) => second - first)];
            Assert.All(gaps, gap => Assert.InRange(gap, 1, (source.Count / blocks.Count) + 20));
        }
    }
}
