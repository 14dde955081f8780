using GptSharp.Nn;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Tests.Runs;

public sealed class LossRowsTests
{
    public static TheoryData<TrainingPrecision> Precisions => [.. Enum.GetValues<TrainingPrecision>()];

    // 2 x 64 tokens pass at once.
    [Fact]
    public void A_run_that_never_holds_all_logits_has_the_losses_of_one_that_does()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder, "whole");
        RunRecord whole = SmallRun.Run(config);
        RunRecord pieces = SmallRun.Run(config with { Train = config.Train with { Name = "pieces", LossRows = 32 } });

        Assert.Equal(config.Train.Steps, pieces.Steps.Count);
        Assert.Equal(whole.Losses, pieces.Losses, (a, b) => Math.Abs(a - b) <= 1e-6 * a);
        Assert.Equal(
            whole.Evaluations.Select(done => done.ValidationLoss), pieces.Evaluations.Select(done => done.ValidationLoss),
            (a, b) => Math.Abs(a - b) <= 1e-6 * a);
        Assert.True(pieces.Started!.Memory!.TrainingStep < whole.Started!.Memory!.TrainingStep);
    }

    [Theory]
    [MemberData(nameof(Precisions))]
    public void It_goes_on_to_the_same_bits_whatever_is_recomputed_meanwhile(TrainingPrecision precision)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder, "undisturbed");
        config = config with { Train = config.Train with { LossRows = 32, Precision = precision } };
        RunRecord undisturbed = SmallRun.Run(config);

        RunConfig broken = config with { Train = config.Train with { Name = "broken" } };
        RunRecord first = SmallRun.Run(broken, interruptAfter: 5);
        RunRecord second = SmallRun.Run(broken with { Train = broken.Train with { Recompute = Recompute.Block } }, resume: true);

        Assert.Equal(undisturbed.Losses, first.Losses.Concat(second.Losses));
        Assert.True(Weights(folder, "undisturbed").AsSpan().SequenceEqual(Weights(folder, "broken")));
        Assert.DoesNotContain(second.Notices, notice => notice.Contains("loss_rows", StringComparison.Ordinal));

        RunRecord third = SmallRun.Run(
            config with { Train = config.Train with { Name = "broken", LossRows = null, Steps = config.Train.Steps + 1 } }, resume: true);
        Assert.Contains(third.Notices, notice => notice.Contains("loss_rows", StringComparison.Ordinal));
    }

    private static byte[] Weights(TemporaryFolder folder, string name) =>
        File.ReadAllBytes(Path.Combine(new CheckpointStore(folder.At(name)).FolderOf(12), Checkpoint.ModelFile));
}
