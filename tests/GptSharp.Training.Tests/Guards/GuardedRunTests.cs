using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Guards;
using GptSharp.Training.Metrics;
using GptSharp.Training.Runs;
using GptSharp.Training.Tests.Runs;

namespace GptSharp.Training.Tests.Guards;

/// <summary>Numbers that are not finite and spikes, put into a run for real.</summary>
public sealed class GuardedRunTests
{
    // One pass a step, and evaluations only at the end: the batches that the engine sees are those of the steps.
    private static RunConfig Config(TemporaryFolder folder, FaultAction onNonFinite, string name = "run")
    {
        RunConfig config = SmallRun.Config(folder, name);
        return config with
        {
            Train = config.Train with { MicroBatch = 4, EvaluateEvery = 0, CheckpointEvery = 3, OnNonFinite = onNonFinite },
            Sample = config.Sample with { Every = 0 },
        };
    }

    private static (FaultRecord Record, Exception? Error) Run(RunConfig config, IOpObserver? fault, bool resume = false, Action<Trainer, StepDone>? onStep = null)
    {
        Trainer? trainer = null;
        var record = new FaultRecord(step => onStep?.Invoke(trainer!, step));
        using (trainer = new Trainer(config, record, resume))
        {
            trainer.Model.Engine.Observer = fault;
            Exception? error = Xunit.Record.Exception(() => trainer.Run());
            return (record, error);
        }
    }

    [Theory]
    [InlineData("embedding", 0, "the loss is NaN", "forward pass at wte", "y of the operation embedding")]
    [InlineData("linear", 4, "the loss is NaN", "layer 1, h.1.attn", "y of the operation linear")]
    [InlineData("linear backward weight", 3, "the gradient norm is NaN", "layer 1, h.1.", "dWeight of the operation linear backward weight")]
    [InlineData("layernorm backward", 1, "the gradient norm is NaN", "backward pass at layer 1, h.1.", "dx of the operation layernorm backward")]
    public void A_bad_batch_stops_the_run_and_is_named_with_the_first_layer_and_tensor_that_went_bad(
        string operation, int call, string what, string place, string tensor)
    {
        using var folder = new TemporaryFolder();
        (FaultRecord record, Exception? error) = Run(Config(folder, FaultAction.Stop), new Poison(operation, call, batch: 4));

        StepFaultException fault = Assert.IsType<StepFaultException>(error);
        Assert.StartsWith("Step 5, batch 5: " + what, fault.Message, StringComparison.Ordinal);
        Assert.Contains(place, fault.Message, StringComparison.Ordinal);
        Assert.Contains(tensor, fault.Message, StringComparison.Ordinal);
        Assert.Contains("holds NaN in element (", fault.Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3, 4], record.Steps.Select(step => step.Step));

        // Nothing is lost: the state before the batch is on disk, and sound.
        CheckpointManifest saved = Checkpoint.Verify(new CheckpointStore(folder.At("run")).FolderOf(4));
        Assert.Equal(4, saved.NextBatch);
    }

    // Before the operation that goes bad, others have gone backward: those of the pass before it, or of the pieces of the loss before it.
    [Theory]
    [InlineData("linear", 4, 2, null, "forward pass at layer 1, h.1.attn")]
    [InlineData("linear", 8, 4, 32, "forward pass at wte.weight: y of the operation linear ")]
    [InlineData("linear backward input", 2, 4, 32, "backward pass at wte.weight: dx of the operation linear backward input ")]
    [InlineData("layernorm backward", 0, 4, 32, "backward pass at ln_f.")]
    public void A_fault_after_others_went_backward_is_placed_in_its_own_direction(
        string operation, int call, int microBatch, int? lossRows, string place)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = Config(folder, FaultAction.Stop);
        config = config with { Train = config.Train with { MicroBatch = microBatch, LossRows = lossRows } };

        // The last pass of the third step.
        (_, Exception? error) = Run(config, new Poison(operation, call, batch: (3 * config.Train.Batch / microBatch) - 1));

        string message = Assert.IsType<StepFaultException>(error).Message;
        Assert.StartsWith("Step 3, batch 3: ", message, StringComparison.Ordinal);
        Assert.Contains("the first bad number comes up in the " + place, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skipping_a_bad_batch_equals_a_run_that_never_saw_it_whether_or_not_it_is_interrupted()
    {
        using var folder = new TemporaryFolder();
        (FaultRecord skipped, Exception? error) = Run(Config(folder, FaultAction.Skip), new Poison("embedding", 0, batch: 4));
        Assert.Null(error);
        StepFault fault = Assert.Single(skipped.Faults);
        Assert.Equal((5, 5, FaultAction.Skip), (fault.Step, fault.Batch, fault.Action));
        Assert.Equal(12, skipped.Steps.Count);

        // The same steps by hand, over the batches that are left.
        Assert.Equal(LossesOf(Config(folder, FaultAction.Stop, "by-hand"), batches: [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]), skipped.Losses);

        // Stopped after the skip, the run goes on with the batch it would have had next.
        RunConfig again = Config(folder, FaultAction.Skip, "again");
        FaultRecord first = Run(again with { Train = again.Train with { Steps = 12 } }, new Poison("embedding", 0, batch: 4),
            onStep: (_, step) => { if (step.Step == 7) { throw new OperationCanceledException(); } }).Record;
        Assert.Equal(1, CheckpointManifest.Load(new CheckpointStore(folder.At("again")).FolderOf(6)).Skips);
        FaultRecord rest = Run(again, fault: null, resume: true).Record;
        Assert.Equal(skipped.Losses, first.Losses.Take(6).Concat(rest.Losses).ToArray());
    }

    [Fact]
    public void More_bad_batches_in_a_row_than_the_limit_stop_the_run()
    {
        using var folder = new TemporaryFolder();
        RunConfig config = Config(folder, FaultAction.Skip);
        config = config with { Train = config.Train with { SkipLimit = 2 } };
        (FaultRecord record, Exception? error) = Run(config, new PoisonEverything());
        Assert.Contains("one batch more than train.skip_limit (2)", Assert.IsType<StepFaultException>(error).Message, StringComparison.Ordinal);
        Assert.Equal(3, record.Faults.Count);
        Assert.Empty(record.Steps);
    }

    [Fact]
    public void NaN_in_a_weight_is_named_and_never_saved()
    {
        using var folder = new TemporaryFolder();
        (_, Exception? error) = Run(Config(folder, FaultAction.Stop), fault: null, onStep: PoisonWeightOnce(afterStep: 7));

        StepFaultException fault = Assert.IsType<StepFaultException>(error);
        Assert.Contains("layer 1, the parameter h.1.mlp.", fault.Message, StringComparison.Ordinal);
        Assert.Contains("itself holds NaN in element (0, 3)", fault.Message, StringComparison.Ordinal);
        Assert.Equal(6, new CheckpointStore(folder.At("run")).Steps.Max());

        // At most one interval is lost, and the run ends as if nothing had been.
        FaultRecord resumed = Run(Config(folder, FaultAction.Stop), fault: null, resume: true).Record;
        double[] undisturbed = Run(Config(folder, FaultAction.Stop, "undisturbed"), fault: null).Record.Losses;
        Assert.Equal(undisturbed[6..], resumed.Losses);
    }

    [Fact]
    public void With_skip_NaN_in_a_weight_takes_the_run_back_to_its_last_checkpoint()
    {
        using var folder = new TemporaryFolder();
        (FaultRecord record, Exception? error) = Run(Config(folder, FaultAction.Skip), fault: null, onStep: PoisonWeightOnce(afterStep: 7));
        double[] undisturbed = Run(Config(folder, FaultAction.Stop, "undisturbed"), fault: null).Record.Losses;

        Assert.Null(error);
        Assert.Equal(undisturbed[..7].Concat(undisturbed[6..]).ToArray(), record.Losses);
        long[] logged = [.. File.ReadLines(folder.At("run/metrics.jsonl")).Where(line => line.Contains("\"event\":\"step\"", StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split("\"step\":")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(Enumerable.Range(1, 12).Select(step => (long)step), logged);
    }

    [Theory]
    [InlineData(FaultAction.Report)]
    [InlineData(FaultAction.Skip)]
    [InlineData(FaultAction.Stop)]
    public void A_spike_is_reported_skipped_or_stops_the_run(FaultAction action)
    {
        using var folder = new TemporaryFolder();
        RunConfig config = Config(folder, FaultAction.Stop);
        config = config with { Train = config.Train with { OnSpike = action, SpikeScore = 4, SpikeWindow = 5, LearningRate = 1e-5 } };
        (FaultRecord record, Exception? error) = Run(config, new Spike(step: 8));

        StepFault fault = Assert.Single(record.Faults);
        Assert.Equal((8, 8, action), (fault.Step, fault.Batch, fault.Action));
        Assert.Contains("is a spike", fault.What, StringComparison.Ordinal);
        Assert.Equal(action == FaultAction.Stop ? 7 : 12, record.Steps.Count);
        Assert.Equal(action == FaultAction.Stop, error is StepFaultException);
        CheckpointManifest last = CheckpointManifest.Load(new CheckpointStore(folder.At("run")).FolderOf(action == FaultAction.Stop ? 7 : 12));
        Assert.Equal(action == FaultAction.Skip ? 1 : 0, last.Skips);
        Assert.Equal(record.Steps.Count, last.LossStatistics.Count);
    }

    [Fact]
    public void The_statistics_of_spikes_survive_an_interruption()
    {
        using var folder = new TemporaryFolder();
        Run(Config(folder, FaultAction.Stop, "whole"), fault: null);
        Run(Config(folder, FaultAction.Stop), fault: null, onStep: (_, step) => { if (step.Step == 7) { throw new OperationCanceledException(); } });
        Run(Config(folder, FaultAction.Stop), fault: null, resume: true);

        LossStatistics Last(string run) => CheckpointManifest.Load(new CheckpointStore(folder.At(run)).FolderOf(12)).LossStatistics;
        Assert.Equal(12, Last("run").Count);
        Assert.Equal(Last("whole"), Last("run"));
    }

    private static Action<Trainer, StepDone> PoisonWeightOnce(long afterStep)
    {
        bool isDone = false;
        return (trainer, step) =>
        {
            if (step.Step == afterStep && !isDone)
            {
                isDone = true;
                Parameter weight = trainer.Model.Arena.Parameters.First(
                    parameter => parameter.Name.StartsWith("h.1.mlp.", StringComparison.Ordinal) && parameter.Value.Shape.Rank == 2);
                double[] values = weight.Value.ToDoubles();
                values[3] = double.NaN;
                weight.Value.UploadDoubles(values);
            }
        };
    }

    // The losses of a run over chosen batches, without a trainer.
    private static double[] LossesOf(RunConfig config, long[] batches)
    {
        using var trainer = new Trainer(config, new FaultRecord(_ => { }));
        return [.. batches.Select((batch, index) => trainer.Step.Run(index, batch).Loss)];
    }

    private sealed class PoisonEverything : IOpObserver
    {
        public void OnStarting(OpInfo info, in TensorList operands)
        {
        }

        public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
        {
            if (info.Name == "embedding")
            {
                operands[0].UploadDoubles([.. Enumerable.Repeat(double.PositiveInfinity, (int)operands[0].Count)]);
            }
        }
    }

    // Multiplies the loss of one step's batch.
    private sealed class Spike(int step) : IOpObserver
    {
        private int _losses;

        public void OnStarting(OpInfo info, in TensorList operands)
        {
        }

        public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
        {
            if (info.Name == "cross-entropy" && ++_losses == step)
            {
                operands[0].UploadDoubles([.. operands[0].ToDoubles().Select(loss => loss * 3)]);
            }
        }
    }

    private sealed class FaultRecord(Action<StepDone> onStep) : TrainingObserver
    {
        public List<StepDone> Steps { get; } = [];

        public List<StepFault> Faults { get; } = [];

        public double[] Losses => [.. Steps.Select(step => step.Loss)];

        public override void OnStep(StepDone step)
        {
            Steps.Add(step);
            onStep(step);
        }

        public override void OnFault(StepFault fault) => Faults.Add(fault);
    }
}
