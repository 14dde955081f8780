using GptSharp.OpCases;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Ops;

/// <summary>A dry run of every operation takes no memory and knows what a real one takes.</summary>
public sealed class DryRunTests
{
    public static TheoryData<string, int> Settings => [(TestBackends.Names[0], 1), .. TestBackends.OnHost.Append(TestBackends.Silent).Select(name => (name, 3))];

    [Theory]
    [MemberData(nameof(Settings))]
    public void The_workspace_of_every_operation_is_known_before_it_is_taken(string backend, int threads)
    {
        foreach (OpCase opCase in OpSuite.Cases)
        {
            foreach (string precision in (string[])["fp32", "bf16"])
            {
                using var real = new Engine(TestBackends.Create(backend, threads));
                using var dry = new Engine(TestBackends.Create(backend, threads), new EngineOptions { IsDryRun = true });
                var costs = new Costs();
                var dryCosts = new Costs();
                (real.Observer, dry.Observer) = (costs, dryCosts);
                OpResult.Of(real, opCase, TestPrecisions.Find(precision), passes: opCase.Differentiable ? 2 : 1);
                OpResult.Of(dry, opCase, TestPrecisions.Find(precision), passes: opCase.Differentiable ? 2 : 1);
                Assert.True(
                    real.Backend.WorkspaceBytes == dry.Backend.WorkspaceBytes,
                    $"{opCase.Name}, {precision}: {real.Backend.WorkspaceBytes} bytes of workspace, not {dry.Backend.WorkspaceBytes} as in the dry run");
                Assert.Equal(costs.Seen, dryCosts.Seen);
                Assert.Equal(real.ReportMemory().StepPeak, dry.ReportMemory().StepPeak);
                Assert.InRange(dry.ReportMemory().Steps, dry.ReportMemory().StepPeak, real.ReportMemory().Steps);
            }
        }
    }

    [Fact]
    public void Every_operation_declares_bytes_between_those_of_its_outputs_and_twice_those_of_its_operands()
    {
        using Engine engine = new(new CpuBackend(1), new EngineOptions { IsDryRun = true });
        var costs = new Costs();
        engine.Observer = costs;
        foreach (OpCase opCase in OpSuite.Cases)
        {
            OpResult.Of(engine, opCase, Precision.Fp32, passes: opCase.Differentiable ? 2 : 1);
        }

        Assert.True(costs.Names.Count > 25);
        Assert.Empty(costs.Odd);
    }

    private sealed class Costs : IOpObserver
    {
        public List<(string, OpCost)> Seen { get; } = [];

        public HashSet<string> Names { get; } = [];

        public List<string> Odd { get; } = [];

        public void OnStarting(OpInfo info, in TensorList operands)
        {
        }

        public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
        {
            Seen.Add((info.Name, cost));
            Names.Add(info.Name);
            double outputs = 0;
            for (int i = 0; i < info.OutputCount; i++)
            {
                outputs += operands[i].IsNone ? 0 : operands[i].Bytes;
            }

            // A table is read and written in the rows that are named only, an optimizer's buffers in one range.
            bool isPartial = info.Name is "embedding backward" or "adamw" or "sgd";
            if ((cost.Bytes < outputs && !isPartial) || cost.Bytes > 2.0 * operands.Bytes || cost.ModelFlops < 0 || cost.ProductFlops > cost.Flops)
            {
                Odd.Add($"{info.Name}: {cost} of operands of {operands.Bytes} bytes");
            }
        }
    }
}
