using GptSharp.Inference;
using GptSharp.Nn;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Configuration;
using GptSharp.Training.Memory;
using GptSharp.Training.Runs;
using GptSharp.Training.Tests.Runs;

namespace GptSharp.Training.Tests.Memory;

/// <summary>What the plan says a run will hold is what it then holds, to the byte.</summary>
public sealed class MemoryPlanTests
{
    private static readonly Dictionary<string, Func<RunConfig, RunConfig>> Cases = new()
    {
        ["plain"] = run => run,
        ["no copy for checkpoints"] = run => run with { Train = run.Train with { CheckpointInBackground = false } },
        ["whole batch"] = run => run with { Train = run.Train with { MicroBatch = 4 } },
        ["one at a time, one thread"] = run => run with { Train = run.Train with { MicroBatch = 1, Threads = 1 } },
        ["attention again"] = run => run with { Train = run.Train with { Recompute = Recompute.Attention } },
        ["blocks again"] = run => run with { Train = run.Train with { Recompute = Recompute.Block } },
        ["two blocks again"] = run => run with { Model = run.Model with { LayerCount = 3 }, Train = run.Train with { Recompute = Recompute.Every(2) } },
        ["logits in pieces"] = run => run with
        {
            Model = run.Model with { LogitCap = 5 },
            Train = run.Train with { MicroBatch = 4, LossRows = 32 },
        },
        ["logits in pieces, bf16, blocks again"] = run => run with
        {
            Train = run.Train with { LossRows = 50, Precision = TrainingPrecision.Bf16, Recompute = Recompute.Block },
        },
        ["bf16"] = run => run with { Train = run.Train with { Precision = TrainingPrecision.Bf16 } },
        ["bf16-pure, blocks again"] = run => run with { Train = run.Train with { Precision = TrainingPrecision.Bf16Pure, Recompute = Recompute.Block } },
        ["sgd"] = run => run with { Train = run.Train with { Optimizer = Training.Optimization.OptimizerKind.Sgd } },
        ["llama, three threads"] = run => run with
        {
            Model = run.Model with
            {
                HeadCount = 4,
                KeyHeadCount = 2,
                Positions = PositionEncoding.Rope,
                Norm = NormKind.RMSNorm,
                QkNorm = true,
                Activation = MlpActivation.Swiglu,
                Bias = false,
                TieHead = false,
            },
            Train = run.Train with { Threads = 3 },
        },
        ["documents, window, caps, parallel"] = run => run with
        {
            Model = run.Model with { DocumentMask = true, Window = 9, AttentionCap = 3, LogitCap = 5, Parallel = true, Dropout = 0 },
        },
        ["wide, long samples that slide"] = run => run with
        {
            Model = run.Model with { Width = 48, LayerCount = 1, Positions = PositionEncoding.Sinusoidal },
            Sample = run.Sample with { Length = 150, Count = 3 },
        },
        ["emulator"] = run => run with
        {
            Train = run.Train with { Device = "emulator", Precision = TrainingPrecision.Bf16 },
            Sample = run.Sample with { Judged = 2 },
        },
        ["reference"] = run => run with { Train = run.Train with { Device = "reference", Steps = 2, Batch = 2, MicroBatch = 1 } },
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Stories_that_end_at_different_times_stay_within_the_plan()
    {
        const int Stories = 50, LongestStory = 300, StopToken = 3;
        var run = new RunConfig
        {
            Model = new ModelSection { LayerCount = 1, HeadCount = 2, Width = 32, BlockSize = 256 },
            Train = new TrainSection { Batch = 1, MicroBatch = 1, Device = "cpu", Threads = 1 },
        };
        GptConfig shape = run.Model.ToGptConfig(256);
        MemoryPlan plan = MemoryPlan.Of(run, shape, microBatch: 1, new SamplePlan(1, LongestStory));
        using Device device = Devices.Open("cpu", threads: 1);
        using var model = new Gpt(device.Engine, shape);
        model.Initialize(seed: 1);
        device.Engine.ReserveSteps(plan.Report.Steps);

        // An untrained model ends a story after 256 tokens in the mean: half of them are left when windows are long.
        int[][] texts = [.. new Generator(model).Generate(
            [.. Enumerable.Repeat(new[] { 1 }, Stories)], new SamplingOptions { Temperature = 1, MaxTokens = LongestStory, StopToken = StopToken, Seed = 1 },
            onToken: null, TestContext.Current.CancellationToken)];

        Assert.InRange(texts.Count(text => text.Length < LongestStory), Stories / 2, Stories - 1);
        Assert.Equal(plan.Report.Steps, device.Engine.ReportMemory().Steps);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_run_holds_what_was_planned_to_the_byte(string name)
    {
        using var folder = new TemporaryFolder();
        RunConfig run = SmallRun.Config(folder);
        run = Cases[name](run with
        {
            Model = run.Model with { BlockSize = 32 },
            Train = run.Train with { Steps = 4, EvaluateEvery = 2, CheckpointEvery = 0 },
            Sample = run.Sample with { Every = 3 },
        });
        using var stop = new CancellationTokenSource();
        var record = new RunRecord(interruptAfter: null, stop);
        using var trainer = new Trainer(run, record, resume: false, record.Notices.Add);
        trainer.Run(CancellationToken.None);

        MemoryPlan plan = record.Started!.Memory!;
        MemoryReport planned = plan.Report, held = trainer.Model.Engine.ReportMemory();
        Assert.Equal(
            (planned.Parameters, planned.Gradients, planned.MasterWeights, planned.OptimizerStates, planned.Sessions),
            (held.Parameters, held.Gradients, held.MasterWeights, held.OptimizerStates, held.Sessions));
        Assert.Equal(planned.Snapshots, held.Snapshots);
        Assert.Equal(planned.Steps, held.Steps);
        Assert.Equal(planned.Workspace, held.Workspace);
        Assert.Equal(planned.Total, held.Total);
        Assert.InRange(trainer.Model.Engine.PeakBytes, held.Total + 1, plan.Peak);      // no text need be as long as it may
    }

    [Fact]
    public void An_evaluation_holds_the_activations_of_one_block_however_many_there_are()
    {
        MemoryPlan[] plans = [.. new[] { 1, 2, 8 }.Select(layers => Plan($"layers: {layers}", microBatch: 2))];
        Assert.Single(plans.Select(plan => plan.EvaluationStep).Distinct());
        Assert.All(plans, plan => Assert.True(plan.EvaluationStep < plan.TrainingStep));
        Assert.True(plans[2].TrainingStep > 3 * plans[1].TrainingStep);
    }

    [Fact]
    public void Recomputing_and_smaller_micro_batches_need_less()
    {
        long[] kept = [.. new[] { "none", "attention", "block", "every:2" }.Select(unit => Plan($"layers: 4\ntrain:\n  recompute: {unit}", 2).Activations)];
        Assert.Equal(kept.OrderDescending(), kept);
        long[] peaks = [.. new[] { 8, 4, 2, 1 }.Select(size => Plan("layers: 2", size).Peak)];
        Assert.Equal(peaks.OrderDescending(), peaks);
    }

    [Fact]
    public void Logits_in_pieces_need_as_much_less_as_is_not_there()
    {
        const long Row = 50304 * sizeof(float), Rows = 8 * 256;
        MemoryPlan Gpt2(string rows)
        {
            RunConfig run = RunConfigReader.Parse($"model:\n  preset: gpt2\n  block: 256\ntrain:\n  batch: 8\n  loss_rows: {rows}\n", "test");
            return MemoryPlan.Of(run, run.Model.ToGptConfig(50257), microBatch: 8, new SamplePlan(1, null));
        }

        MemoryPlan whole = Gpt2("all"), pieces = Gpt2("256"), half = Gpt2("1024");

        // What waits for backward are no logits, row losses and logarithms, and not what the head reads but its gradient, which is as large;
        // while that is computed, a piece of the logits exists as well.
        const long Hidden = Rows * 768 * sizeof(float);
        Assert.Equal((Rows * Row) + (2 * Rows * sizeof(float)), whole.Activations - pieces.Activations);
        Assert.InRange(whole.TrainingStep - pieces.TrainingStep, ((Rows - 256) * Row) - (2 * Hidden), (Rows - 256) * Row);
        Assert.InRange(whole.TrainingStep - half.TrainingStep, ((Rows - 1024) * Row) - (2 * Hidden), (Rows - 1024) * Row);
        Assert.True(whole.EvaluationStep - pieces.EvaluationStep > Rows * Row * 3 / 4);
        Assert.Equal(whole.FlopsPerToken with { Bytes = 0, Other = 0 }, pieces.FlopsPerToken with { Bytes = 0, Other = 0 });
    }

    [Fact]
    public void A_model_that_no_machine_here_could_hold_is_planned_all_the_same()
    {
        RunConfig run = RunConfigReader.Parse("model:\n  preset: llama-65b\n", "test");
        MemoryPlan plan = MemoryPlan.Of(run, run.Model.ToGptConfig(32000), microBatch: 1, new SamplePlan(1, null));
        Assert.True(plan.Report.Parameters >= 4 * 65_285_660_672);
        Assert.True(plan.Peak > 1L << 40);
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(-1, 4)]
    public void Auto_takes_the_largest_divisor_of_the_batch_that_fits(long change, int expected)
    {
        RunConfig run = RunConfigReader.Parse("train:\n  batch: 12\n", "test");
        GptConfig shape = run.Model.ToGptConfig(64);
        var samples = new SamplePlan(1, null);
        long limit = MemoryPlan.Of(run, shape, 6, samples).Peak + change;
        var memory = new RunMemory(run with { Train = run.Train with { MemoryLimit = limit } }, shape, samples);
        Assert.Equal(expected, memory.Plan.MicroBatch);
        Assert.True(memory.TryHalve());
        Assert.Equal(expected == 6 ? 3 : 2, memory.Plan.MicroBatch);
    }

    [Fact]
    public void A_choice_is_kept_where_it_fits_and_otherwise_the_largest_that_does_is_taken()
    {
        RunConfig run = RunConfigReader.Parse("train:\n  batch: 12\n", "test");
        GptConfig shape = run.Model.ToGptConfig(64);
        var samples = new SamplePlan(1, null);
        var memory = new RunMemory(
            run with { Train = run.Train with { MemoryLimit = MemoryPlan.Of(run, shape, 6, samples).Peak } }, shape, samples);
        Assert.True(memory.TryUse(3));
        Assert.Equal(3, memory.Plan.MicroBatch);
        memory = new RunMemory(run with { Train = run.Train with { MemoryLimit = memory.Limit } }, shape, samples);
        Assert.False(memory.TryUse(12));
        Assert.Equal(6, memory.Plan.MicroBatch);
    }

    [Fact]
    public void Who_asks_for_too_much_is_told_who_would_hold_it_and_what_would_fit()
    {
        RunConfig run = RunConfigReader.Parse("model:\n  layers: 12\n  block: 512\ntrain:\n  batch: 1\n", "test");
        GptConfig shape = run.Model.ToGptConfig(64);
        var samples = new SamplePlan(1, null);
        long limit = MemoryPlan.Of(run with { Train = run.Train with { Recompute = Recompute.Block } }, shape, 1, samples).Peak;
        var refused = Assert.Throws<TrainingException>(
            () => new RunMemory(run with { Train = run.Train with { MemoryLimit = limit } }, shape, samples));
        Assert.Contains("activations", refused.Message, StringComparison.Ordinal);
        Assert.Contains("train.recompute=block would fit", refused.Message, StringComparison.Ordinal);
        refused = Assert.Throws<TrainingException>(
            () => new RunMemory(run with { Train = run.Train with { MemoryLimit = 1000 } }, shape, samples));
        Assert.Contains("a smaller model", refused.Message, StringComparison.Ordinal);
    }

    private static MemoryPlan Plan(string yaml, int microBatch)
    {
        RunConfig run = RunConfigReader.Parse($"model:\n  {yaml}\n", "test", ["train.batch=8", "sample.length=2"]);
        return MemoryPlan.Of(run, run.Model.ToGptConfig(64), microBatch, new SamplePlan(1, null));
    }
}
