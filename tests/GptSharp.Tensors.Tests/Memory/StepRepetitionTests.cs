using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Memory;

/// <summary>A step that does what the one before did costs no memory, native or managed.</summary>
public sealed class StepRepetitionTests
{
    private const int Batch = 8, Time = 64, Width = 64;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_activation_and_gradient_has_the_address_it_had_in_the_first_step(bool recompute)
    {
        using Engine engine = TestBackends.NewEngine();
        var network = new TinyNetwork(engine, DType.F32, Width) { Dropout = 0.1, Recompute = recompute };
        List<nint> addresses = [];
        network.Observe = tensor =>
        {
            Step step = engine.CurrentStep;
            return step.Record(new ProbeOp(step.New(tensor.Shape, tensor.DType), tensor, addresses));
        };
        List<nint>? first = null;
        MemoryReport? report = null;
        for (uint index = 0; index < 4; index++)
        {
            addresses.Clear();
            TrainStep(engine, network, index);
            List<nint> seen = [.. addresses];

            // An evaluation of another shape in between disturbs nothing.
            using (Step step = engine.BeginStep(StepOptions.Evaluate))
            {
                network.Loss(step, TinyNetwork.NewInput(3, 11).Enter(step, DType.F32), step.Input(new int[33], (3, 11)), 33);
            }

            first ??= seen;
            report ??= engine.ReportMemory();
            Assert.Equal(first, seen);
            Assert.Equal(report.Total, engine.ReportMemory().Total);
            Assert.Equal(report.StepPeak, engine.ReportMemory().StepPeak);
        }

        // Two probes saw their input, output, and both gradients; and the memory is more than one chunk.
        Assert.Equal(8, first!.Count);
        Assert.True(report!.Steps > 1 << 20);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_training_step_allocates_nothing_managed_after_the_first_ones(bool recompute)
    {
        using Engine engine = TestBackends.NewEngine();
        var network = new TinyNetwork(engine, DType.F32, Width) { Dropout = 0.1, Recompute = recompute };
        ParameterBuffer firstMoment = network.Arena.NewBuffer("exp_avg"), secondMoment = network.Arena.NewBuffer("exp_avg_sq");
        float[] x = [.. TinyNetwork.NewInput(Batch, Time).ToDoubles().Select(value => (float)value)];
        int[] targets = TinyNetwork.NewTargets(Batch, Time);
        long Allocated(uint index)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            using (Step step = engine.BeginStep(StepOptions.Train(1, index, 0)))
            {
                network.Arena.ClearGradients();
                Tensor loss = network.Loss(step, step.Input(x, (Batch, Time, 6)), step.Input(targets, (Batch, Time)), targets.Length);
                step.Backward(loss);
                network.Arena.CompleteGradients();
                Tensor gradients = network.Arena.Gradients!.Flat, values = network.Arena.Values!.Flat;
                var scalars = new AdamWScalars(1e-3, 0.9, 0.99, 1e-8, 0, index + 1, 1);
                step.Run(new AdamWOp(
                    values, Tensor.None, firstMoment.Flat, secondMoment.Flat, gradients, Tensors.Ops.GradientNorm(gradients), 0, values.Count, scalars));
                loss.Item();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        for (uint index = 0; index < 3; index++)
        {
            Allocated(index);
        }

        // A collection that another test causes adds the rest of this thread's allocation buffer to the count: look several times.
        Assert.Equal(0, Enumerable.Range(3, 5).Min(index => Allocated((uint)index)));
    }

    private static void TrainStep(Engine engine, TinyNetwork network, uint index)
    {
        using Step step = engine.BeginStep(StepOptions.Train(1, index, 0));
        network.Arena.ClearGradients();
        Tensor x = TinyNetwork.NewInput(Batch, Time).Enter(step, DType.F32);
        Tensor targets = step.Input(TinyNetwork.NewTargets(Batch, Time), (Batch, Time));
        step.Backward(network.Loss(step, x, targets, Batch * Time));
    }

    /// <summary>y = x; notes where both and their gradients are.</summary>
    private readonly record struct ProbeOp(Tensor Y, Tensor X, List<nint> Addresses) : IDifferentiableOp
    {
        public static OpInfo Info { get; } = OpInfo.Floats("probe", "y <- x");

        public TensorList Operands => new(Y, X);

        public OpCost Cost => default;

        public Tensor Output => Y;

        public TensorList Saved => default;

        public void Execute(IBackend backend)
        {
            Addresses.AddRange([Y.Address, X.Address]);
            backend.Copy(Y, X);
        }

        public void Backward(Step step)
        {
            Assert.True(step.TryAccumulate(X, out Tensor dx, out float beta));
            Addresses.AddRange([dx.Address, Y.Gradient.Address]);
            step.Run(new ScaleOp(dx, Y.Gradient, 1, beta));
        }
    }
}
