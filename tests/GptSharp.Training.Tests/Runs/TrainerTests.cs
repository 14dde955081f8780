using System.Text.Json;
using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Guards;
using GptSharp.Training.Metrics;

namespace GptSharp.Training.Tests.Runs;

public sealed class TrainerTests
{
    [Fact]
    public void A_run_ends_with_checkpoints_history_samples_and_a_summary()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);

        RunRecord run = SmallRun.Run(config);

        Assert.Equal(RunOutcome.Completed, run.Finished!.Outcome);
        Assert.Equal(Enumerable.Range(1, 12).Select(step => (long)step), run.Steps.Select(step => step.Step));
        Assert.Equal([4, 8, 12], run.Evaluations.Select(evaluated => evaluated.Step));
        Assert.Equal([6, 12], run.Samples.Select(sample => sample.Step));
        Assert.True(run.Losses[^1] < run.Losses[0] - 0.3, "it learns");
        Assert.All(run.Evaluations, evaluated => Assert.InRange(evaluated.Floor!.Value, 0.1, 0.4));
        Assert.Equal(config, RunConfigReader.Load(folder.At("run/config.yaml")));

        using JsonDocument summary = JsonDocument.Parse(File.ReadAllText(folder.At("run/summary.json")));
        Assert.Equal(run.Evaluations[^1].ValidationLoss, summary.RootElement.GetProperty("val_loss").GetDouble());
        Assert.Equal(run.Evaluations[^1].TrainLoss, summary.RootElement.GetProperty("train_loss").GetDouble());
        Assert.Equal(run.Evaluations[^1].Floor, summary.RootElement.GetProperty("floor").GetDouble());
        Assert.InRange(summary.RootElement.GetProperty("accepted_share").GetDouble(), 0, 1);
        Assert.True(summary.RootElement.GetProperty("seconds").GetDouble() > 0);

        string[] history = File.ReadAllLines(folder.At("run/metrics.jsonl"));
        Assert.Equal(12, history.Count(line => line.StartsWith("{\"event\":\"step\"", StringComparison.Ordinal)));
        Assert.Contains("\"event\":\"finished\"", history[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_two_checkpoints_and_the_best_one_are_kept()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        config = config with { Train = config.Train with { CheckpointEvery = 1, EvaluateEvery = 5 } };

        RunRecord run = SmallRun.Run(config);

        long best = run.Evaluations.MinBy(evaluated => evaluated.ValidationLoss)!.Step;
        Assert.Equal(new long[] { best, 11, 12 }.Distinct().Order(), new CheckpointStore(folder.At("run")).Steps);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void The_loss_curve_is_the_same_to_the_bit_for_any_number_of_threads(int threads)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        RunRecord two = SmallRun.Run(config);

        RunRecord other = SmallRun.Run(config with { Train = config.Train with { Threads = threads, Name = "other" } });

        Assert.Equal(two.Losses, other.Losses);
        Assert.Equal(two.Evaluations, other.Evaluations);
        Assert.Equal(Weights(folder, "run", 12), Weights(folder, "other", 12));
    }

    [Theory]
    [InlineData(5, 5)] // between checkpoints: the interruption saves one
    [InlineData(4, 4)] // before an evaluation
    [InlineData(12, 12)] // after the last step
    public void An_interrupted_run_goes_on_to_the_same_bits(long interruptAfter, long savedStep)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        RunRecord whole = SmallRun.Run(config);
        RunConfig again = config with { Train = config.Train with { Name = "again" } };

        RunRecord first = SmallRun.Run(again, interruptAfter: interruptAfter);
        Assert.Equal(RunOutcome.Interrupted, first.Finished!.Outcome);
        Assert.Equal(savedStep, first.Checkpoints[^1].Step);
        RunRecord second = SmallRun.Run(again, resume: true);

        Assert.Empty(second.Notices);
        Assert.Equal(whole.Losses, first.Losses.Concat(second.Losses));
        Assert.Equal(whole.Evaluations, first.Evaluations.Concat(second.Evaluations));
        Assert.Equal(Weights(folder, "run", 12), Weights(folder, "again", 12));
        Assert.Equal(Losses(folder, "run"), Losses(folder, "again"));
    }

    [Fact]
    public void Steps_after_the_newest_checkpoint_are_done_again()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        RunRecord whole = SmallRun.Run(config);

        // As if the process had died after step 12 was written down, but before its checkpoint.
        Directory.Delete(new CheckpointStore(folder.At("run")).FolderOf(12), recursive: true);
        RunRecord resumed = SmallRun.Run(config, resume: true);

        Assert.Equal(whole.Losses[^resumed.Steps.Count..], resumed.Losses);
        Assert.Equal(12, Losses(folder, "run").Length);
    }

    [Fact]
    public void A_run_on_the_reference_device_resumes_to_the_bit_too()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        config = config with
        {
            Model = config.Model with { LayerCount = 1, BlockSize = 16 },
            Data = config.Data with { StoriesCharacters = 10_000, ValidationShare = 0.01 },
            Train = config.Train with { Device = "reference", Steps = 4, EvaluateEvery = 0, Batch = 2, MicroBatch = 1, CheckpointEvery = 2 },
            Sample = config.Sample with { Every = 0, Length = 2 },
        };
        RunRecord whole = SmallRun.Run(config);
        RunConfig again = config with { Train = config.Train with { Name = "again" } };

        RunRecord first = SmallRun.Run(again, interruptAfter: 2);
        RunRecord second = SmallRun.Run(again, resume: true);

        Assert.Equal(whole.Losses, first.Losses.Concat(second.Losses));
    }

    [Fact]
    public void A_run_of_a_Llama_with_every_option_resumes_to_the_bit_and_writes()
    {
        using var folder = new TemporaryFolder();
        RunConfig Config(string name)
        {
            RunConfig config = SmallRun.Config(folder, name);
            return config with
            {
                Model = config.Model with
                {
                    HeadCount = 4,
                    KeyHeadCount = 2,
                    HeadSize = 6,
                    MlpWidth = 44,
                    Bias = false,
                    QkvBias = true,
                    Norm = NormKind.RMSNorm,
                    QkNorm = true,
                    Activation = MlpActivation.Swiglu,
                    Positions = PositionEncoding.Rope,
                    Rope = new RopeConfig { Width = 4 },
                    Window = 40,
                    DocumentMask = true,
                    AttentionCap = 20,
                    LogitCap = 30,
                    ZLoss = 1e-4,
                    TieHead = false,
                },
            };
        }

        RunRecord whole = SmallRun.Run(Config("whole"));
        SmallRun.Run(Config("parts"), interruptAfter: 5);
        RunRecord rest = SmallRun.Run(Config("parts"), resume: true);

        Assert.Equal(whole.Losses[5..], rest.Losses);
        Assert.Equal(whole.Finished!.ValidationLoss, rest.Finished!.ValidationLoss);
        Assert.Equal(whole.Samples.Select(sample => sample.Text).TakeLast(1), rest.Samples.Select(sample => sample.Text).TakeLast(1));
        using Device device = Devices.Open("cpu");
        using TrainedModel trained = TrainedModel.Open(folder.At("whole"), device, Assert.Fail);
        Assert.NotNull(trained.Model.Config.DocumentToken);
        Assert.Equal(trained.Model.Config, trained.Config.Model.ToGptConfig(trained.Tokenizer.VocabularySize, trained.Tokenizer.Encode("\n")[0]));
    }

    [Fact]
    public void Micro_batches_change_the_loss_by_rounding_only()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        RunRecord two = SmallRun.Run(config);

        RunRecord whole = SmallRun.Run(config with { Train = config.Train with { MicroBatch = null, Name = "whole" } });

        for (int step = 0; step < 4; step++)
        {
            Assert.Equal(two.Losses[step], whole.Losses[step], 1e-5);
        }
    }

    [Fact]
    public void A_run_that_diverges_stops_with_its_weights_untouched()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = SmallRun.Config(folder);
        config = config with
        {
            Train = config.Train with { LearningRate = 1e30, MinimumLearningRate = 1e30, GradientClip = 0, WarmupSteps = 0, CheckpointEvery = 1 },
        };

        var error = Assert.Throws<StepFaultException>(() => SmallRun.Run(config));

        Assert.Contains("the weights were not touched", error.Message, StringComparison.Ordinal);
        var store = new CheckpointStore(folder.At("run"));
        Assert.NotEmpty(store.Steps);
        Assert.NotNull(store.FindNewest(problem => Assert.Fail(problem)));
    }

    private static string Weights(TemporaryFolder folder, string name, long step) => FileHash.Sha256(
        Path.Combine(new CheckpointStore(folder.At(name)).FolderOf(step), Checkpoint.ModelFile));

    private static double[] Losses(TemporaryFolder folder, string name) =>
    [
        .. File.ReadLines(folder.At($"{name}/metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("event").GetString() == "step")
            .Select(line => line.GetProperty("loss").GetDouble()),
    ];
}
