using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests.Memory;

public sealed class MemoryReportTests
{
    [Fact]
    public void Every_byte_has_a_holder_and_the_sums_agree()
    {
        using var engine = new Engine(TestBackends.Create(TestBackends.Names[0]));
        var network = new TinyNetwork(engine, DType.F32);
        network.Arena.NewBuffer("exp_avg");
        network.Arena.NewBuffer("exp_avg_sq");
        using SessionArena session = engine.NewSessionArena("cache");
        session.New((3, 5), DType.F32);
        network.Pass(engine, StepOptions.Train(1, 0, 0), 2, 5);
        using Step step = engine.BeginStep();
        network.Loss(
            step, TinyNetwork.NewInput(4, 300).Enter(step, DType.F32), step.Input(TinyNetwork.NewTargets(4, 300), (4, 300)), 1);

        MemoryReport report = engine.ReportMemory();

        // Each parameter starts on a new row of 16 floats: 48, 8, 8, 8, 192, 64 and 56 elements.
        const long AllParameters = (48 + 16 + 16 + 16 + 192 + 64 + 64) * sizeof(float);
        Assert.Equal(AllParameters, report.Parameters);
        Assert.Equal(AllParameters, report.Gradients);
        Assert.Equal(2 * AllParameters, report.OptimizerStates);
        Assert.Equal(4 * AllParameters, network.Arena.Bytes);
        Assert.Equal(64, report.Sessions);
        Assert.InRange(step.LiveBytes, 300_000, step.PeakBytes);
        Assert.Equal(step.PeakBytes, report.StepPeak);
        Assert.InRange(report.Steps, report.StepPeak, 4 << 20);
        Assert.True(report.Workspace > 0);
        Assert.Equal(engine.Backend.WorkspaceBytes, report.Workspace);
        Assert.Equal((4 * AllParameters) + 64 + report.Steps + report.Workspace, report.Total);
        Assert.Empty(report.ActivationsByOperation);
    }

    [Fact]
    public void Activations_are_told_apart_by_the_operation_that_made_them()
    {
        using var engine = new Engine(TestBackends.Create("reference"), new EngineOptions { TrackActivations = true });
        using Step step = engine.BeginStep();
        Tensor x = step.Input(new float[32], (4, 8), requiresGradient: true);
        Tensor weight = step.Input(new float[128], (16, 8));
        Tensor logits = step.Scope(t => Tensors.Ops.Gelu(Tensors.Ops.Scale(Tensors.Ops.Linear(t, weight), 2)), x);
        Tensor loss = Tensors.Ops.CrossEntropy(logits, step.Input(new int[4], 4), 16, 4);
        long live = step.LiveBytes;
        step.Backward(loss);

        IReadOnlyDictionary<string, long> activations = engine.ReportMemory().ActivationsByOperation;

        // In bytes, every buffer rounded up to 64: (4, 16) is 256. The linear's own output was recycled: scale saves nothing.
        var expected = new Dictionary<string, long>
        {
            ["input"] = 128 + 512 + 64,
            ["scale"] = 256,
            ["activation"] = 256,
            ["cross-entropy"] = 3 * 64,
            ["fill"] = 64,
        };
        Assert.Equal(expected.OrderBy(entry => entry.Key, StringComparer.Ordinal), activations);
        Assert.Equal(live + 64, activations.Values.Sum());
    }

    [Fact]
    public void Disposed_arenas_hold_nothing()
    {
        using var engine = TestBackends.NewEngine("reference");
        var network = new TinyNetwork(engine, DType.F64);
        SessionArena session = engine.NewSessionArena("cache");
        session.New(5, DType.F64);
        Assert.True(engine.ReportMemory().Total > 0);

        session.Dispose();
        network.Arena.Dispose();

        Assert.Equal(0, engine.ReportMemory().Total);
    }
}
