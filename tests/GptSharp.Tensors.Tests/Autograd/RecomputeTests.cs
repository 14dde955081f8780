namespace GptSharp.Tensors.Tests.Autograd;

public sealed class RecomputeTests
{
    public static TheoryData<string> Backends => [.. TestBackends.Names, "reference"];

    [Theory]
    [MemberData(nameof(Backends))]
    public void Recomputing_changes_no_bit_of_the_loss_or_of_any_gradient(string backend)
    {
        using var engine = new Engine(TestBackends.Create(backend), new EngineOptions { GuardMemory = true });
        var network = new TinyNetwork(engine, DType.F32) { Dropout = 0.25 };
        double loss = network.Pass(engine, StepOptions.Train(3, 4, 5), 3, 7);
        double[] gradients = network.Arena.Gradients!.Flat.ToDoubles();
        network.Recompute = true;

        Assert.Equal(loss, network.Pass(engine, StepOptions.Train(3, 4, 5), 3, 7));
        Assert.Equal(gradients, network.Arena.Gradients.Flat.ToDoubles());
        Assert.Contains(gradients, gradient => gradient != 0);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Scopes_within_scopes_give_the_same_gradient_however_they_are_recomputed(bool outer, bool inner)
    {
        using var engine = new Engine(TestBackends.Create("reference"), new EngineOptions { GuardMemory = true });
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1.0, -0.5], 2, requiresGradient: true), weight = step.Input([2.0, 3, 5, 7], (2, 2), requiresGradient: true);
        Tensor Inner(Tensor t) => Tensors.Ops.Gelu(Tensors.Ops.Scale(t, 2));
        Tensor Outer(Tensor t) => Tensors.Ops.Add(t, step.Scope(Inner, Tensors.Ops.Linear(t, weight), inner));
        step.Backward(step.Scope(Outer, x, outer), step.Input([1.0, 1], 2));

        // d/dt of gelu(2 t), by central differences on the formula, at t = W x = (0.5, 1.5).
        static double Gelu(double v) => 0.5 * v * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (v + (0.044715 * v * v * v))));
        static double Slope(double t) => (Gelu(2 * (t + 1e-6)) - Gelu(2 * (t - 1e-6))) / 2e-6;
        (double a, double b) = (Slope(0.5), Slope(1.5));
        Assert.Equal(1 + (2 * a) + (5 * b), x.Gradient.ToDoubles()[0], 1e-8);
        Assert.Equal(1 + (3 * a) + (7 * b), x.Gradient.ToDoubles()[1], 1e-8);
        Assert.Equal([a, -0.5 * a, b, -0.5 * b], weight.Gradient.ToDoubles(), (left, right) => Math.Abs(left - right) < 1e-8);
    }

    [Fact]
    public void A_recomputed_scope_that_returns_its_input_passes_the_gradient_once()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1f], 1, requiresGradient: true);
        Tensor hidden = Tensors.Ops.Scale(x, 2);

        step.Backward(Tensors.Ops.Scale(step.Scope(t => t, hidden, recompute: true), 3));

        Assert.Equal(6, x.Gradient.Item());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_watched_activation_of_a_recomputed_scope_has_its_gradient_after_backward(bool recompute)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1f], 1, requiresGradient: true);
        Tensor y = step.Scope(
            t => Tensors.Ops.Scale(step.Watch(Tensors.Ops.Scale(t, 2), "doubled"), 3), x, recompute);
        Assert.Equal(2, step.Watched["doubled"].Item());

        step.Backward(Tensors.Ops.Scale(y, 5));

        Assert.Equal(2, step.Watched["doubled"].Item());
        Assert.Equal(15, step.Watched["doubled"].Gradient.Item());
        Assert.Equal(30, x.Gradient.Item());
    }

    [Fact]
    public void A_recomputed_scope_holds_its_result_only_and_backward_gives_everything_back()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input(new float[1024], 1024, requiresGradient: true);
        long before = step.LiveBytes;
        Tensor y = step.Scope(t => Tensors.Ops.Gelu(Tensors.Ops.Gelu(Tensors.Ops.Gelu(t))), x, recompute: true);

        Assert.Equal(before + 4096, step.LiveBytes);
        step.Backward(y, y);
        Assert.Equal([true, true], [x.Gradient.IsAlive, y.IsAlive]);
        Assert.Equal(before + (2 * 4096), step.LiveBytes); // y and the gradient of x
    }
}
