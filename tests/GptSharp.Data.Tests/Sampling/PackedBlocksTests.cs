using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;

namespace GptSharp.Data.Tests.Sampling;

public sealed class PackedBlocksTests
{
    // Token 0 begins each document; the others tell where they stand in the source.
    private static MemoryTokens Source(params int[] lengths)
    {
        List<int> tokens = [];
        List<long> starts = [];
        foreach (int length in lengths)
        {
            starts.Add(tokens.Count);
            tokens.Add(0);
            tokens.AddRange(Enumerable.Range(tokens.Count, length - 1));
        }

        return new MemoryTokens([.. tokens], tokens.Count + 1, starts);
    }

    private static (int[] Tokens, int[] Targets) Read(BlockSet set, long block)
    {
        var tokens = new int[set.BlockLength];
        var targets = new int[set.BlockLength];
        set.Read(set.StartOf(block, shift: 3), tokens, targets);
        return (tokens, targets);
    }

    [Fact]
    public void Documents_go_whole_into_the_fullest_block_that_has_room()
    {
        var set = new BlockSet(Source(3, 5, 4, 8, 2, 3), 8, BlockAlignment.Pack);
        Assert.Equal(4, set.Count);
        Assert.Equal([0, 13, 14, 15, 16, 17, 18, 19], Read(set, 0).Tokens);
        Assert.Equal([0, 4, 5, 6, 7, 0, 1, 2], Read(set, 1).Tokens);
        Assert.Equal([0, 9, 10, 11, 0, 23, 24, 0], Read(set, 2).Tokens);
        Assert.Equal([0, 21, 0, 0, 0, 0, 0, 0], Read(set, 3).Tokens);
        Assert.Equal([21, 0, -1, -1, -1, -1, -1, -1], Read(set, 3).Targets);
    }

    [Fact]
    public void The_last_target_of_a_document_is_the_beginning_of_the_next_wherever_that_stands()
    {
        var set = new BlockSet(Source(3, 5, 4, 8, 2, 3), 8, BlockAlignment.Pack);
        Assert.Equal([4, 5, 6, 7, 0, 1, 2, 0], Read(set, 1).Targets);

        // Where documents have no common beginning, it is not scored.
        var plain = new BlockSet(new MemoryTokens([1, 2, 3, 4, 5, 6], 7, [0, 3]), 4, BlockAlignment.Pack);
        Assert.Equal([2, 3, -1, -1], Read(plain, 0).Targets);
    }

    [Fact]
    public void A_long_document_is_cut_and_its_rest_begins_a_block()
    {
        var set = new BlockSet(Source(2, 11, 3), 4, BlockAlignment.Pack);
        int[][] blocks = [.. Enumerable.Range(0, (int)set.Count).Select(block => Read(set, block).Tokens)];
        Assert.Equal([[0, 3, 4, 5], [6, 7, 8, 9], [10, 11, 12, 0], [0, 14, 15, 0], [0, 1, 0, 0]], blocks);
        Assert.Equal([3, 4, 5, 6], Read(set, 0).Targets);
        Assert.Equal([11, 12, 0, -1], Read(set, 2).Targets);
    }

    [Fact]
    public void Every_token_is_in_one_block_and_blocks_are_nearly_full()
    {
        var random = new Random(1);
        int[] lengths = [.. Enumerable.Range(0, 3000).Select(_ => random.Next(10) == 0 ? random.Next(64, 300) : random.Next(1, 64))];
        var set = new BlockSet(Source(lengths), 64, BlockAlignment.Pack);
        List<long> places = [];
        var room = new long[64];
        for (int block = 0; block < set.Count; block++)
        {
            (int[] tokens, int[] targets) = Read(set, block);
            set.ReadPlaces(block, room);
            for (int i = 0; i < 64 && room[i] >= 0; i++)
            {
                places.Add(room[i] - 1);
                Assert.True(tokens[i] == 0 || tokens[i] == room[i] - 1);
                Assert.True(targets[i] == 0 || targets[i] == room[i]);
            }
        }

        Assert.Equal(Enumerable.Range(0, lengths.Sum()).Select(place => (long)place), places.Order());
        Assert.True(places.Count > 0.99 * set.Count * 64, $"{places.Count} tokens in {set.Count} blocks of 64");
    }

    [Fact]
    public void An_evaluation_sees_each_packed_block_once()
    {
        var set = new BlockSet(Source(3, 5, 4, 8, 2, 3), 8, BlockAlignment.Pack);
        var evaluation = new EvaluationBlocks(set);
        Assert.Equal([0, 1, 2, 3], Enumerable.Range(0, (int)evaluation.Count).Select(index => evaluation.StartOf(index)));
    }
}
