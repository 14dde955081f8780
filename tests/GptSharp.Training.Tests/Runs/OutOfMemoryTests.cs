using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Memory;
using GptSharp.Training.Metrics;
using GptSharp.Training.Runs;

namespace GptSharp.Training.Tests.Runs;

/// <summary>Memory that runs out in the middle of a run costs no step: it is done again in smaller pieces.</summary>
/// <remarks>Runs are stopped before their end, where stories would be judged, which takes longer than the rest.</remarks>
public sealed class OutOfMemoryTests
{
    private const int Taken = 7;

    [Fact]
    public void A_step_that_is_refused_memory_anywhere_is_done_again_to_the_bits_of_the_smaller_micro_batch()
    {
        using var folder = new TemporaryFolder();
        RunConfig whole = Large(folder, "reference");
        RunRecord before = SmallRun.Run(whole, interruptAfter: 4);
        RunRecord after = SmallRun.Run(whole with { Train = whole.Train with { MicroBatch = 2 } }, resume: true, interruptAfter: Taken);
        double[] expected = [.. before.Losses, .. after.Losses];
        byte[] weights = Weights(folder, "reference");

        // A step without reserved memory takes it in pieces, so that refusals hit it in several places; -1 refuses nothing.
        for (int place = -1; place < 4; place++)
        {
            string name = $"place{place}";
            RunConfig config = Large(folder, name);
            using var refusal = new Refusal(place);
            using (var trainer = new Trainer(config, refusal, notice: refusal.Notices.Add))
            {
                refusal.Engine = trainer.Model.Engine;
                Assert.Equal(RunOutcome.Interrupted, trainer.Run(refusal.Stop).Outcome);
            }

            if (place < 0)
            {
                Assert.False(weights.AsSpan().SequenceEqual(Weights(folder, name)), "no bit depends on the micro-batch");
                Assert.Empty(refusal.Notices);
                continue;
            }

            string notice = Assert.Single(refusal.Notices);
            Assert.Contains("Step 5: Out of memory", notice, StringComparison.Ordinal);
            Assert.Contains("train.micro_batch 2 instead of 4", notice, StringComparison.Ordinal);
            Assert.Equal(expected, refusal.Losses);
            Assert.True(weights.AsSpan().SequenceEqual(Weights(folder, name)), $"a weight differs after a refusal at place {place}");
        }
    }

    [Fact]
    public void A_limit_that_the_configured_micro_batch_exceeds_is_kept_from_the_first_step_on_and_so_is_the_choice()
    {
        using var folder = new TemporaryFolder();
        RunConfig small = Large(folder, "small");
        small = small with { Train = small.Train with { Batch = 16, MicroBatch = 8 } };
        RunRecord expected = SmallRun.Run(small, interruptAfter: 4);
        long limit = expected.Started!.Memory!.Peak;

        RunConfig limited = small with { Train = small.Train with { Name = "limited", MicroBatch = 16, MemoryLimit = limit } };
        RunRecord first = SmallRun.Run(limited, interruptAfter: 2);
        Assert.Contains("train.micro_batch 8 instead of 16", Assert.Single(first.Notices), StringComparison.Ordinal);
        RunRecord second = SmallRun.Run(limited, resume: true, interruptAfter: 4);
        Assert.DoesNotContain(second.Notices, notice => notice.Contains("Out of memory", StringComparison.Ordinal));
        Assert.Equal(expected.Losses, first.Losses.Concat(second.Losses));
        Assert.True(Weights(folder, "small").AsSpan().SequenceEqual(Weights(folder, "limited")));
    }

    [Fact]
    public void Auto_keeps_the_batch_and_its_choice_when_the_run_goes_on_under_another_limit()
    {
        using var folder = new TemporaryFolder();
        RunConfig small = Config(folder, "small");
        small = small with { Train = small.Train with { MicroBatch = 8 } };
        RunRecord expected = SmallRun.Run(small, interruptAfter: Taken);

        RunConfig auto = Config(folder, "auto");
        auto = auto with { Train = auto.Train with { MicroBatch = null, MemoryLimit = expected.Started!.Memory!.Peak } };
        RunRecord first = SmallRun.Run(auto, interruptAfter: 5);
        Assert.Equal(8, first.Started!.Memory!.MicroBatch);
        RunRecord second = SmallRun.Run(auto with { Train = auto.Train with { MemoryLimit = null } }, resume: true, interruptAfter: Taken);
        Assert.Equal(8, second.Started!.Memory!.MicroBatch);
        Assert.Equal(expected.Losses, first.Losses.Concat(second.Losses));
    }

    [Fact]
    public void With_one_sequence_at_a_time_the_run_ends_and_says_what_would_fit()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = Config(folder, "run");
        config = config with { Model = config.Model with { LayerCount = 8 }, Train = config.Train with { MicroBatch = 1 } };
        MemoryReport needed = MemoryPlan.Of(config, config.Model.ToGptConfig(64), 1, new SamplePlan(1, null)).Report;
        config = config with { Train = config.Train with { MemoryLimit = needed.Total - (needed.Steps / 2) } };
        var refused = Assert.Throws<TrainingException>(() => SmallRun.Run(config));
        Assert.Contains("Step 1: Out of memory: the limit of", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Held already: parameters", refused.Message, StringComparison.Ordinal);
    }

    private static RunConfig Config(TemporaryFolder folder, string name)
    {
        RunConfig config = SmallRun.Config(folder, name);
        return config with
        {
            Model = config.Model with { Width = 32 },
            Train = config.Train with { Steps = Taken + 1, Batch = 16, MicroBatch = 16, EvaluateEvery = 0, CheckpointEvery = 0 },
            Sample = config.Sample with { Every = 0 },
        };
    }

    private static RunConfig Large(TemporaryFolder folder, string name)
    {
        RunConfig config = Config(folder, name);
        return config with
        {
            Model = config.Model with { Width = 96, LayerCount = 4 },
            Train = config.Train with { Batch = 4, MicroBatch = 4 },
        };
    }

    private static byte[] Weights(TemporaryFolder folder, string name)
    {
        var store = new CheckpointStore(folder.At(name));
        return File.ReadAllBytes(Path.Combine(store.FolderOf(store.Steps[^1]), Checkpoint.ModelFile));
    }

    // After step 4: gives the reserved memory of steps back, and refuses the allocation of a certain number from then on, once.
    private sealed class Refusal(int place) : TrainingObserver, IDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private int _allocations;

        public Engine? Engine { get; set; }

        public List<double> Recorded { get; } = [];

        public List<string> Notices { get; } = [];

        public double[] Losses => [.. Recorded];

        public override void OnStep(StepDone step)
        {
            Recorded.Add(step.Loss);
            if (step.Step == Taken)
            {
                _stop.Cancel();
            }

            if (step.Step != 4 || place < 0)
            {
                return;
            }

            Engine!.ReserveSteps(0);
            Action<long>? before = Engine.Backend.BeforeAllocation;
            Engine.Backend.BeforeAllocation = bytes =>
            {
                if (_allocations++ == place)
                {
                    throw new OutOfDeviceMemoryException(bytes, limit: null, Engine.ReportMemory());
                }

                before?.Invoke(bytes);
            };
        }

        public CancellationToken Stop => _stop.Token;

        public void Dispose() => _stop.Dispose();
    }
}
