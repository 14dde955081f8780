using GptSharp.Data.Sampling;

namespace GptSharp.Data.Tests.Sampling;

public sealed class BatchSamplerTests
{
    private static BatchSampler Stream(int count, int blockLength, int batchSize, ulong seed = 1) =>
        new(new BlockSet(Positions.Source(count), blockLength, BlockAlignment.Stream), seed, batchSize);

    // Sample n of the run, whichever batch it falls into.
    private static long Start(BatchSampler sampler, long n) => sampler.StartOf(n / sampler.BatchSize, (int)(n % sampler.BatchSize));

    [Theory]
    [InlineData(50, 7, 3)]
    [InlineData(1000, 8, 12)]
    [InlineData(1001, 1, 16)]
    [InlineData(12, 8, 5)]
    public void Every_epoch_visits_each_block_once(int count, int blockLength, int batchSize)
    {
        BatchSampler sampler = Stream(count, blockLength, batchSize);
        long blocks = sampler.BlocksPerEpoch;
        for (long epoch = 0; epoch < 20; epoch++)
        {
            long[] starts = [.. Enumerable.Range(0, (int)blocks).Select(n => Start(sampler, (epoch * blocks) + n)).Order()];

            // One boundary for the whole epoch, and from it every block, side by side.
            Assert.All(starts, start => Assert.InRange(start, 0, count - 1 - blockLength));
            Assert.All(starts.Zip(starts.Skip(1)), pair => Assert.Equal(blockLength, pair.Second - pair.First));
        }
    }

    [Fact]
    public void Documents_are_visited_once_each_epoch_too()
    {
        var set = new BlockSet(Positions.Documents([.. Enumerable.Range(1, 60)]), 16, BlockAlignment.Document);
        var sampler = new BatchSampler(set, 5, 7);
        long[] all = [.. Enumerable.Range(0, (int)set.Count).Select(index => set.StartOf(index, 0))];
        for (long epoch = 0; epoch < 5; epoch++)
        {
            Assert.Equal(all, Enumerable.Range(0, all.Length).Select(n => Start(sampler, (epoch * all.Length) + n)).Order());
        }
    }

    [Fact]
    public void Epochs_differ_in_order_and_in_where_they_cut()
    {
        BatchSampler sampler = Stream(10_000, 10, 1);
        long[][] epochs = [.. Enumerable.Range(0, 30).Select(epoch => Enumerable.Range(0, 100).Select(n => Start(sampler, (epoch * sampler.BlocksPerEpoch) + n)).ToArray())];
        Assert.Equal(30, epochs.Select(starts => string.Join(',', starts.Select(start => start / 10))).Distinct().Count());
        Assert.Equal(10, epochs.Select(starts => starts[0] % 10).Distinct().Count());
    }

    [Fact]
    public void A_batch_is_a_function_of_seed_and_number_and_of_nothing_else()
    {
        BatchSampler used = Stream(5000, 16, 4, seed: 7);
        int[] tokens = new int[4 * 16], targets = new int[4 * 16], again = new int[4 * 16], againTargets = new int[4 * 16];
        for (long batch = 40; batch >= 0; batch -= 3)
        {
            used.Read(batch, tokens, targets);
            Stream(5000, 16, 4, seed: 7).Read(batch, again, againTargets);
            Assert.Equal(tokens, again);
            Assert.Equal(targets, againTargets);
            for (int sample = 0; sample < 4; sample++)
            {
                Assert.Equal(Enumerable.Range((int)used.StartOf(batch, sample), 16), tokens[(sample * 16)..((sample + 1) * 16)]);
            }

            Stream(5000, 16, 4, seed: 8).Read(batch, again, againTargets);
            Assert.NotEqual(tokens, again);
        }
    }

    [Fact]
    public void Other_batch_sizes_visit_the_same_blocks_in_the_same_order()
    {
        BatchSampler four = Stream(5000, 16, 4), six = Stream(5000, 16, 6);
        Assert.All(Enumerable.Range(0, 1000), n => Assert.Equal(Start(four, n), Start(six, n)));
    }
}
