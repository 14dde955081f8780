using GptSharp.Nn;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Tests.Runs;

namespace GptSharp.Training.Tests.Cuda;

/// <summary>Whole runs on the emulator, kernels and all, beside the same runs on the CPU.</summary>
public sealed class EmulatedRunTests
{
    [Theory]
    [InlineData(TrainingPrecision.Fp32, 1e-4)]
    [InlineData(TrainingPrecision.Bf16, 0.02)]
    public void The_smoke_run_learns_what_it_learns_on_the_cpu(TrainingPrecision precision, double tolerance)
    {
        using var folder = new TemporaryFolder();
        double[] cpu = Smoke(folder, "cpu", precision, Recompute.None).Losses;
        double[] emulator = Smoke(folder, "emulator", precision, Recompute.None).Losses;

        Assert.Equal(20, emulator.Length);
        Assert.True(emulator[^1] < emulator[0] - 0.5, $"It learns: {emulator[0]} to {emulator[^1]}.");
        Assert.All(cpu.Zip(emulator), losses => Assert.Equal(losses.First, losses.Second, tolerance));
    }

    [Fact]
    public void Recomputing_blocks_changes_no_bit()
    {
        using var folder = new TemporaryFolder();
        RunRecord kept = Smoke(folder, "emulator", TrainingPrecision.Bf16, Recompute.None, steps: 4, dropout: 0.1);
        RunRecord again = Smoke(folder, "emulator", TrainingPrecision.Bf16, Recompute.Block, steps: 4, dropout: 0.1);

        Assert.Equal(kept.Losses, again.Losses);
        Assert.Equal(
            File.ReadAllBytes(WeightsOf(folder, Recompute.None, steps: 4)), File.ReadAllBytes(WeightsOf(folder, Recompute.Block, steps: 4)));
    }

    [Fact]
    public void A_step_that_finds_no_memory_is_done_again_in_smaller_pieces()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = RunConfigReader.Load(Path.Combine(Golden.Repository, "configs", "smoke.yaml"));
        config = config with { Train = config.Train with { Device = "emulator", Steps = 1, OutputFolder = folder.Path, Name = "small" } };
        RunRecord small = SmallRun.Run(config);
        RunRecord limited = SmallRun.Run(config with
        {
            Train = config.Train with { Name = "limited", MicroBatch = 4, MemoryLimit = small.Started!.Memory!.Peak },
        });

        string notice = Assert.Single(limited.Notices);
        Assert.Contains("Step 1: Out of memory: the limit of", notice, StringComparison.Ordinal);
        Assert.Contains("train.micro_batch 2 instead of 4", notice, StringComparison.Ordinal);
        Assert.Equal(small.Losses, limited.Losses);
    }

    // The model of the configuration in small: everything that decides which kernels run stays.
    [Theory]
    [InlineData("gpt2-124m.yaml")]
    [InlineData("shakespeare-char-gpu.yaml")]
    public void A_configuration_for_a_gpu_takes_its_first_step_at_reduced_size(string file)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = RunConfigReader.Load(Path.Combine(Golden.Repository, "configs", file));
        config = config with
        {
            Model = config.Model with { LayerCount = 1, HeadCount = 1, Width = 64, BlockSize = 64, VocabularySize = null },
            Data = new DataSection { StoriesCharacters = 20_000, ValidationShare = 0.1 },
            Train = config.Train with
            {
                Device = "emulator",
                Steps = 1,
                Batch = 2,
                WarmupSteps = 0,
                EvaluationBatches = 1,
                OutputFolder = folder.Path,
                Name = "run",
            },
            Sample = config.Sample with { Every = 0, Count = 1, Length = 2, Judged = 0 },
        };
        RunRecord run = SmallRun.Run(config);

        Assert.Equal(TrainingPrecision.Bf16, config.Train.Precision);
        Assert.Equal(Math.Log(50), Assert.Single(run.Losses), 1.0);
        Assert.Equal(1, run.Finished!.Step);
    }

    private static RunRecord Smoke(
        TemporaryFolder folder, string device, TrainingPrecision precision, Recompute recompute, int? steps = null, double dropout = 0)
    {
        RunConfig config = RunConfigReader.Load(Path.Combine(Golden.Repository, "configs", "smoke.yaml"));
        return SmallRun.Run(config with
        {
            Model = config.Model with { Dropout = dropout },
            Train = config.Train with
            {
                Device = device,
                Precision = precision,
                Recompute = recompute,
                Steps = steps ?? config.Train.Steps,
                OutputFolder = folder.Path,
                Name = $"{device}-{recompute}",
            },
        });
    }

    private static string WeightsOf(TemporaryFolder folder, Recompute recompute, int steps) =>
        Path.Combine(new CheckpointStore(folder.At($"emulator-{recompute}")).FolderOf(steps), Checkpoint.ModelFile);
}
