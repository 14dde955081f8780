using GptSharp.Data.Sampling;

namespace GptSharp.Data.Tests.Sampling;

public sealed class MixtureTests
{
    private static BlockSet Blocks(int count) => new(Positions.Documents([.. Enumerable.Repeat(8, count)]), 8, BlockAlignment.Document);

    private static List<(int Source, long Start)> Visits(BatchSampler sampler, long first, long count) =>
        [.. Enumerable.Range(0, (int)count).Select(i => sampler.PlaceOf((first + i) / sampler.BatchSize, (int)((first + i) % sampler.BatchSize)))];

    [Fact]
    public void An_epoch_visits_each_block_as_often_as_its_source_s_epochs_say()
    {
        (BlockSet small, BlockSet large) = (Blocks(7), Blocks(40));
        var mixture = Mixture.ByEpochs([(small, 3), (large, 1)]);
        var sampler = new BatchSampler(mixture, seed: 5, batchSize: 3);
        Assert.Equal(61, sampler.BlocksPerEpoch);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            List<(int Source, long Start)> visits = Visits(sampler, epoch * 61, 61);
            Assert.All(visits.GroupBy(visit => visit), group => Assert.Equal(group.Key.Source == 0 ? 3 : 1, group.Count()));
            Assert.Equal(7 + 40, visits.Distinct().Count());
        }
    }

    [Fact]
    public void Half_an_epoch_goes_on_in_the_next_one()
    {
        var sampler = new BatchSampler(Mixture.ByEpochs([(Blocks(10), 1.5), (Blocks(9), 1)]), seed: 1, batchSize: 1);
        Assert.Equal(24, sampler.BlocksPerEpoch);
        Assert.All(Visits(sampler, 0, 48).Where(visit => visit.Source == 0).GroupBy(visit => visit.Start), group => Assert.Equal(3, group.Count()));
        Assert.All(Visits(sampler, 0, 24).Where(visit => visit.Source == 0).GroupBy(visit => visit.Start), group => Assert.InRange(group.Count(), 1, 2));
    }

    [Fact]
    public void Weights_are_shares_of_the_blocks()
    {
        var mixture = Mixture.ByWeights([(Blocks(30), 0.25), (Blocks(70), 0.75)]);
        Assert.Equal([25, 75], mixture.Parts.Select(part => part.Visits));
        Assert.Equal(25 / 30.0, mixture.Parts[0].Epochs, 12);
        List<(int Source, long Start)> visits = Visits(new BatchSampler(mixture, seed: 2, batchSize: 10), 0, 100);
        Assert.Equal(25, visits.Count(visit => visit.Source == 0));

        // Shuffled, not one source after the other.
        Assert.InRange(visits.Take(50).Count(visit => visit.Source == 0), 5, 20);
        Assert.StartsWith("A source of the mixture has 3 blocks, of which an epoch would visit 0.1", Assert.Throws<CorpusException>(() => Mixture.ByWeights([(Blocks(3), 1), (Blocks(97), 999)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_depends_on_seed_and_number_alone()
    {
        Mixture mixture = Mixture.ByEpochs([(Blocks(7), 3), (Blocks(40), 1)]);
        List<(int, long)> whole = Visits(new BatchSampler(mixture, 5, 3), 0, 200);
        Assert.Equal(whole.Skip(90), Visits(new BatchSampler(mixture, 5, 3), 90, 110));
        Assert.NotEqual(whole, Visits(new BatchSampler(mixture, 6, 3), 0, 200));
        Assert.NotEqual(whole.Take(61), whole.Skip(61).Take(61));
    }
}
