using GptSharp.Data.Sampling;
using GptSharp.Data.Tokens;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training.Accounting;
using GptSharp.Training.Configuration;
using GptSharp.Training.Memory;
using GptSharp.Training.Optimization;
using GptSharp.Training.Schedules;

namespace GptSharp.Training.Tests.Accounting;

public sealed class ModelFlopsTests
{
    private static readonly GptConfig Small = new() { VocabularySize = 70, BlockSize = 24, LayerCount = 2, HeadCount = 4, Width = 32 };

    private static readonly Dictionary<string, GptConfig> Shapes = new()
    {
        ["gpt"] = Small,
        ["untied"] = Small with { TieHead = false },
        ["grouped"] = Small with { KeyHeadCount = 2, Positions = PositionEncoding.Rope },
        ["heads"] = Small with { HeadSize = 5 },
        ["gated"] = Small with { Activation = MlpActivation.Swiglu, MlpWidth = 40, Norm = NormKind.RMSNorm, Bias = false },
        ["window"] = Small with { Window = 7, Parallel = true },
    };

    public static TheoryData<string, string> Cases => [.. Shapes.Keys.SelectMany(shape => new[] { (shape, "none"), (shape, "attention"), (shape, "block") })];

    [Fact]
    public void Gpt2_small_counts_854438400_per_token_as_recorded_and_as_computed()
    {
        RunConfig run = RunConfigReader.Parse("model:\n  preset: gpt2\n", "test");
        GptConfig shape = run.Model.ToGptConfig(50257);
        Assert.Equal(854_438_400, new ModelFlops(shape).PerToken);
        Assert.Equal("6 x 123,532,032 + 12 x 12 x 768 x 1,024", new ModelFlops(shape).Formula);

        FlopCount count = MemoryPlan.CountFlops(run, shape);
        Assert.Equal(854_438_400, count.Model);
        Assert.Equal(6.0 * (123_532_032 + (47 * 768)), count.Linear);        // 47 tokens of padding
        Assert.Equal(7.0 * 1025 * 768 * 12, count.Attention);               // 2 (T + 1) C forward and 5 backward, per layer
        Assert.Equal(0, count.Recompute);

        // Recomputing changes what is executed and nothing else: the blocks' forward products once more.
        FlopCount again = MemoryPlan.CountFlops(run with { Train = run.Train with { Recompute = Recompute.Block } }, shape);
        Assert.Equal(count with { Recompute = (2.0 * 84_934_656) + (2.0 * 1025 * 768 * 12) }, again with { Bytes = count.Bytes, Other = count.Other });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_a_step_records_is_the_formula_and_the_same_as_in_a_dry_run(string name, string recompute)
    {
        GptConfig shape = Shapes[name];
        Recompute unit = recompute switch { "none" => Recompute.None, "attention" => Recompute.Attention, _ => Recompute.Block };
        FlopCount[] counts = Array.ConvertAll([false, true], isDry => Count(shape, unit, isDry));
        Assert.Equal(counts[0], counts[1]);
        Assert.Equal(new ModelFlops(shape).PerToken, counts[0].Model, tolerance: 1e-6);
        Assert.Equal(unit != Recompute.None, counts[0].Recompute > 0);
        Assert.True(counts[0].Bytes > 0);
    }

    private static FlopCount Count(GptConfig shape, Recompute recompute, bool isDry)
    {
        using var engine = new Engine(new CpuBackend(1), new EngineOptions { IsDryRun = isDry });
        using var model = new Gpt(engine, shape) { Recompute = recompute };
        var optimizer = new AdamW(model.Arena, new AdamWOptions(0.9, 0.99, 1e-8, 0.1, 1));
        model.Initialize(1);
        var blocks = new BlockSet(new MemoryTokens(new int[200], shape.VocabularySize), shape.BlockSize, BlockAlignment.Stream);
        var schedule = new LearningRateSchedule(ScheduleShape.Constant, 1e-3, 1e-3, 0, 1);
        var step = new TrainStep(model, optimizer, new BatchSampler(blocks, 1, 4), schedule, seed: 1, microBatch: 2);
        var counter = new FlopCounter();
        engine.Observer = counter;
        step.Run(0, 0);
        return counter.Count.Per(step.TokenCount);
    }
}
