using GptSharp.Tensors.Backends.Cpu;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Autograd;

/// <summary>A layer, its activation function and its residual in one operation are what they are one by one.</summary>
public sealed class FusionTests
{
    private const int Rows = 30, Width = 300, Hidden = 1200;

    private static readonly ActivationFunction F = ActivationFunction.GeluTanh;

    public static TheoryData<SimdPath> Paths => [.. CpuFeatures.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void In_single_precision_fusing_changes_no_bit(SimdPath path)
    {
        using var engine = new Engine(new CpuBackend(2, path));
        double[][] fused = Gradients(engine, DType.F32, t => Fused(t));
        double[][] apart = Gradients(engine, DType.F32, t => Apart(t));
        for (int i = 0; i < apart.Length; i++)
        {
            Assert.Equal(apart[i], fused[i]);
        }
    }

    [Fact]
    public void The_gradient_goes_past_the_function_in_the_product()
    {
        using Engine engine = TestBackends.NewEngine();
        var names = new Names();
        engine.Observer = names;
        Gradients(engine, DType.F32, t => Fused(t));
        Assert.Contains("linear activation backward", names.Seen);
        Assert.DoesNotContain("activation backward", names.Seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_watched_activation_gets_its_gradient(bool fused)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor[] inputs = Enter(step, DType.F32);
        Tensor y = Watched(step, fused, inputs);
        step.Backward(y, OpResult.Upstream(step, y, rounding: null));
        (double[] pre, double[] active) = (step.Watched["pre"].Gradient.ToDoubles(), step.Watched["active"].Gradient.ToDoubles());

        using Step other = engine.BeginStep();
        inputs = Enter(other, DType.F32);
        y = Watched(other, !fused, inputs);
        other.Backward(y, OpResult.Upstream(other, y, rounding: null));
        Assert.Equal(other.Watched["pre"].Gradient.ToDoubles(), pre);
        Assert.Equal(other.Watched["active"].Gradient.ToDoubles(), active);
        Assert.Contains(active, value => value != 0);
    }

    [Fact]
    public void What_was_watched_before_the_function_gets_its_gradient_past_it()
    {
        using Engine engine = TestBackends.NewEngine();
        double[][] seen = new double[2][];
        foreach (bool watched in (bool[])[false, true])
        {
            using Step step = engine.BeginStep();
            Tensor[] t = Enter(step, DType.F32);
            Tensor active = Tensors.Ops.LinearActivation(t[0], t[1], t[2], F, out Tensor pre);
            step.Watch(pre, "pre");
            active = watched ? step.Watch(active, "active") : active;
            Tensor y = Tensors.Ops.Linear(active, t[3], t[4]);
            step.Backward(y, OpResult.Upstream(step, y, rounding: null));
            seen[watched ? 1 : 0] = step.Watched["pre"].Gradient.ToDoubles();
        }

        Assert.Equal(seen[0], seen[1]);
        Assert.Contains(seen[0], value => value != 0);
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void A_scope_changes_no_bit_when_it_is_recomputed(DType type)
    {
        using Engine engine = TestBackends.NewEngine();
        double[][] kept = Gradients(engine, type, t => InScopes(t, recompute: false));
        double[][] recomputed = Gradients(engine, type, t => InScopes(t, recompute: true));
        for (int i = 0; i < kept.Length; i++)
        {
            Assert.Equal(kept[i], recomputed[i]);
        }
    }

    [Fact]
    public void A_scope_of_two_arguments_passes_gradients_to_both()
    {
        using Engine engine = TestBackends.NewEngine();
        double[][] plain = Gradients(engine, DType.F32, t => Fused(t));
        foreach (bool recompute in (bool[])[false, true])
        {
            double[][] scoped = Gradients(
                engine, DType.F32,
                t => Tensors.Ops.StepOf(t[0]).Scope((x, residual) => Fused([x, .. t[1..5], residual]), t[0], t[5], recompute));
            for (int i = 0; i < plain.Length; i++)
            {
                Assert.Equal(plain[i], scoped[i]);
            }
        }
    }

    [Fact]
    public void Fusing_takes_no_more_memory_and_less_where_nothing_is_recorded()
    {
        (long peakFused, long liveFused) = Memory(record: true, t => Fused(t));
        (long peakApart, long liveApart) = Memory(record: true, t => Apart(t));
        Assert.InRange(peakFused, 1, peakApart);
        Assert.Equal(liveApart, liveFused);

        (peakFused, liveFused) = Memory(record: false, t => Fused(t));
        (peakApart, liveApart) = Memory(record: false, t => Apart(t));
        Assert.InRange(peakApart - peakFused, Rows * Hidden * sizeof(float), 2 * Rows * Hidden * sizeof(float));
        Assert.Equal(liveApart, liveFused);
    }

    [Fact]
    public void A_step_that_records_nothing_does_not_keep_what_the_function_was_applied_to()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(new StepOptions { RecordGradients = false });
        Tensor[] t = Enter(step, DType.F32);
        long before = step.LiveBytes;
        Tensors.Ops.LinearActivation(t[0], t[1], t[2], F);
        Assert.InRange(step.LiveBytes - before, Rows * Hidden * sizeof(float), (Rows * Hidden * sizeof(float)) + 1024);
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public void The_function_is_of_the_stored_number_whether_it_is_kept_or_not(DType type)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(new StepOptions { RecordGradients = false });
        Tensor[] t = Enter(step, type);
        Tensor alone = Tensors.Ops.LinearActivation(t[0], t[1], t[2], F);
        Tensor kept = Tensors.Ops.LinearActivation(t[0], t[1], t[2], F, out Tensor pre);
        double[] expected = Tensors.Ops.Activation(pre, F).ToDoubles();
        Assert.Equal(expected, alone.ToDoubles());
        Assert.Equal(expected, kept.ToDoubles());
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_with_both_of_them()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input(new float[6], (2, 3)), weight = step.Input(new float[12], (4, 3));
        Assert.Equal(
            "linear: the residual of a result (2, 4) has that shape, not (2, 3).",
            Assert.Throws<TensorException>(() => Tensors.Ops.Linear(x, weight, residual: x)).Message);
        Assert.Equal(
            "linear: x (4, 3) needs a weight (N, 3), not (3, 4).",
            Assert.Throws<TensorException>(() => Tensors.Ops.LinearActivation(weight, step.Input(new float[12], (3, 4)), Tensor.None, F)).Message);
    }

    private static Tensor Fused(Tensor[] t) =>
        Tensors.Ops.Linear(Tensors.Ops.LinearActivation(t[0], t[1], t[2], F), t[3], t[4], residual: t[5]);

    private static Tensor Apart(Tensor[] t)
    {
        Tensor active = Tensors.Ops.Activation(Tensors.Ops.Linear(t[0], t[1], t[2]), F);
        return Tensors.Ops.Add(t[5], Tensors.Ops.Linear(active, t[3], t[4]));
    }

    // Both are watched, so nothing is left to fuse in backward.
    private static Tensor Watched(Step step, bool fused, Tensor[] t)
    {
        Tensor pre, active;
        if (fused)
        {
            active = Tensors.Ops.LinearActivation(t[0], t[1], t[2], F, out pre);
        }
        else
        {
            active = Tensors.Ops.Activation(pre = Tensors.Ops.Linear(t[0], t[1], t[2]), F);
        }

        step.Watch(pre, "pre");
        return Tensors.Ops.Linear(step.Watch(active, "active"), t[3], t[4], residual: t[5]);
    }

    // The function's output leaves one scope and is read in and behind another.
    private static Tensor InScopes(Tensor[] t, bool recompute)
    {
        Step step = Tensors.Ops.StepOf(t[0]);
        Tensor active = step.Scope(x => Tensors.Ops.LinearActivation(x, t[1], t[2], F), t[0], recompute);
        Tensor y = step.Scope((x, residual) => Tensors.Ops.Linear(x, t[3], t[4], residual), active, t[5], recompute);
        return Tensors.Ops.Linear(active, t[3], residual: y);
    }

    private static double[][] Gradients(Engine engine, DType type, Func<Tensor[], Tensor> body)
    {
        using Step step = engine.BeginStep();
        Tensor[] inputs = Enter(step, type);
        Tensor y = body(inputs);
        double[] values = y.ToDoubles();
        step.Backward(y, OpResult.Upstream(step, y, rounding: type));
        return [values, .. inputs.Select(input => input.Gradient.ToDoubles())];
    }

    // Of frozen weights, whose gradients would outweigh what is measured.
    private static (long Peak, long Live) Memory(bool record, Func<Tensor[], Tensor> body)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(new StepOptions { RecordGradients = record });
        Tensor[] inputs = Enter(step, DType.F32, weightsNeedGradients: false);
        Tensor y = step.Scope(x => body([x, .. inputs[1..]]), inputs[0]);
        if (record)
        {
            step.Backward(y, OpResult.Upstream(step, y, rounding: null));
        }

        return (step.PeakBytes, step.LiveBytes);
    }

    private static Tensor[] Enter(Step step, DType type, bool weightsNeedGradients = true) =>
    [
        OpInput.Normal((Rows, Width), 1).Enter(step, type),
        OpInput.Normal((Hidden, Width), 2, deviation: 0.1, requiresGradient: weightsNeedGradients).Enter(step, type),
        OpInput.Normal(Hidden, 3).Enter(step, type),
        OpInput.Normal((Width, Hidden), 4, deviation: 0.1, requiresGradient: weightsNeedGradients).Enter(step, type),
        OpInput.Normal(Width, 5).Enter(step, type),
        OpInput.Normal((Rows, Width), 6).Enter(step, type),
    ];

    private sealed class Names : IOpObserver
    {
        public HashSet<string> Seen { get; } = [];

        public void OnStarting(OpInfo info, in TensorList operands) => Seen.Add(info.Name);

        public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
        {
        }
    }
}
