using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Tests.Runs;

public sealed class RecomputeTests
{
    public static TheoryData<TrainingPrecision> Precisions => [.. Enum.GetValues<TrainingPrecision>()];

    [Theory]
    [MemberData(nameof(Precisions))]
    public void Twenty_steps_with_dropout_give_the_same_bits_whatever_is_recomputed(TrainingPrecision precision)
    {
        using var folder = new TemporaryFolder();
        (double[] losses, byte[] weights) = Train(folder, "none", precision, Recompute.None);
        foreach (Recompute recompute in (Recompute[])[Recompute.Attention, Recompute.Block, Recompute.Every(2), Recompute.Every(3)])
        {
            string name = recompute.ToString().Replace(": ", "-", StringComparison.Ordinal);
            (double[] otherLosses, byte[] otherWeights) = Train(folder, name, precision, recompute);
            Assert.Equal(losses, otherLosses);
            Assert.True(weights.AsSpan().SequenceEqual(otherWeights), $"{recompute} changed a weight");
        }
    }

    private static (double[] Losses, byte[] Weights) Train(
        TemporaryFolder folder, string name, TrainingPrecision precision, Recompute recompute)
    {
        RunConfig config = SmallRun.Config(folder, name);
        config = config with
        {
            Model = config.Model with { LayerCount = 3 },
            Train = config.Train with { Steps = 20, Precision = precision, Recompute = recompute, EvaluateEvery = 0, CheckpointEvery = 0 },
            Sample = config.Sample with { Every = 0 },
        };
        RunRecord run = SmallRun.Run(config);
        return (run.Losses, File.ReadAllBytes(Path.Combine(new CheckpointStore(folder.At(name)).FolderOf(20), Checkpoint.ModelFile)));
    }
}
