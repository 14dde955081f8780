using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Autograd;

public sealed class BackwardTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void Gradients_of_a_composite_are_central_differences(double dropout)
    {
        const int Batch = 2, Time = 4;
        using var engine = TestBackends.NewEngine("reference");
        var network = new TinyNetwork(engine, DType.F64) { Dropout = dropout };
        double[] x = TinyNetwork.NewInput(Batch, Time).ToDoubles();
        int[] targets = TinyNetwork.NewTargets(Batch, Time);
        double[] dx;
        using (Step step = engine.BeginStep(StepOptions.Train(5, 0, 0)))
        {
            Tensor input = step.Input(x, (Batch, Time, 6), requiresGradient: true);
            step.Backward(network.Loss(step, input, step.Input(targets, (Batch, Time)), 8));
            dx = input.Gradient.ToDoubles();
        }

        AssertDifferences("x", dx, x, () => { });
        foreach (Parameter parameter in network.Arena.Parameters)
        {
            double[] values = parameter.Value.ToDoubles();
            AssertDifferences(parameter.Name, parameter.Gradient.ToDoubles(), values, () => parameter.Value.UploadDoubles(values));
        }

        void AssertDifferences(string name, double[] gradient, double[] values, Action upload)
        {
            var differences = new double[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                const double Reach = 1e-3;
                double Shifted(double shift)
                {
                    double old = values[i];
                    values[i] = old + shift;
                    upload();
                    using Step step = engine.BeginStep(StepOptions.Train(5, 0, 0));
                    double loss = network.Loss(step, step.Input(x, (Batch, Time, 6)), step.Input(targets, (Batch, Time)), 8).Item();
                    values[i] = old;
                    return loss;
                }

                double near = Shifted(Reach) - Shifted(-Reach), far = Shifted(2 * Reach) - Shifted(-2 * Reach);
                differences[i] = ((8 * near) - far) / (12 * Reach);
            }

            upload();
            double distance = RelativeDistance.Between(differences, gradient);
            Assert.True(distance <= 1e-6, $"The gradient of {name} is {distance:E2} away.");
        }
    }

    [Fact]
    public void A_tensor_that_several_operations_read_collects_all_their_gradients()
    {
        using var engine = new Engine(TestBackends.Create("reference"), new EngineOptions { GuardMemory = true });
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1.0, 2], 2, requiresGradient: true), y = step.Input([3.0, 4], 2, requiresGradient: true);
        Tensor sum = Tensors.Ops.Add(x, y);                       // shares its gradient with x and y
        Tensor twice = Tensors.Ops.Add(sum, sum);
        Tensor all = Tensors.Ops.Add(Tensors.Ops.Add(twice, Tensors.Ops.Scale(x, 3)), Tensors.Ops.Scale(sum, 10));
        step.Backward(all, step.Input([1.0, 100], 2));

        Assert.Equal([15.0, 1500], x.Gradient.ToDoubles());       // 2 + 3 + 10
        Assert.Equal([12.0, 1200], y.Gradient.ToDoubles());       // 2 + 10
    }

    [Fact]
    public void Backward_passes_of_one_step_add_up()
    {
        using var engine = TestBackends.NewEngine("reference");
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1.0], 1, requiresGradient: true);
        step.Backward(Tensors.Ops.Scale(x, 3));
        step.Backward(Tensors.Ops.Scale(x, 4));
        step.Backward(x);

        Assert.Equal(8, x.Gradient.Item());
    }

    [Fact]
    public void An_input_that_asks_for_no_gradient_gets_none()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1f, 2], (1, 2)), weight = step.Input([3f, 4], (1, 2), requiresGradient: true);
        Tensor y = Tensors.Ops.Linear(Tensors.Ops.Scale(x, 2), weight);
        step.Backward(y);

        Assert.True(x.Gradient.IsNone);
        Assert.Equal([2.0, 4], weight.Gradient.ToDoubles());
    }

    [Fact]
    public void The_gradient_of_a_branch_that_the_loss_does_not_read_is_absent()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1f], 1, requiresGradient: true), other = step.Input([1f], 1, requiresGradient: true);
        Tensors.Ops.Gelu(Tensors.Ops.Scale(other, 2));
        step.Backward(Tensors.Ops.Scale(x, 2));

        Assert.True(other.Gradient.IsNone);
        Assert.Equal(2, x.Gradient.Item());
    }

    [Fact]
    public void Backward_from_several_elements_without_their_gradient_is_refused()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor y = Tensors.Ops.Scale(step.Input(new float[6], (2, 3), requiresGradient: true), 2);

        AssertRefused(
            "Backward starts at a loss of one element; for shape (2, 3) pass its gradient as well.", () => step.Backward(y));
        AssertRefused(
            "Backward: the gradient is F32 (3, 2), the tensor is F32 (2, 3).",
            () => step.Backward(y, step.Input(new float[6], (3, 2))));
    }

    [Fact]
    public void Backward_without_a_record_is_refused()
    {
        const string Message = "Backward: nothing that this tensor depends on requires a gradient, or the step does not record.";
        using Engine engine = TestBackends.NewEngine();
        using (Step step = engine.BeginStep(StepOptions.Evaluate))
        {
            Tensor x = step.Input([1f], 1, requiresGradient: true);
            AssertRefused(Message, () => step.Backward(Tensors.Ops.Scale(x, 2)));
        }

        using (Step step = engine.BeginStep())
        {
            AssertRefused(Message, () => step.Backward(Tensors.Ops.Scale(step.Input([1f], 1), 2)));
        }
    }

    [Fact]
    public void Backward_through_a_record_that_was_used_up_is_refused()
    {
        const string Message =
            "Backward: an earlier backward pass of this step has used up the record that leads to this tensor; "
            + "add the losses up and run backward once.";
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1f], 1, requiresGradient: true);
        Tensor first = Tensors.Ops.Scale(x, 2), second = Tensors.Ops.Scale(x, 3);
        step.Backward(first);

        AssertRefused(Message, () => step.Backward(first));
        AssertRefused(Message, () => step.Backward(second));
        Assert.Equal(2, x.Gradient.Item());
    }

    [Fact]
    public void Backward_from_a_tensor_of_another_step_or_of_a_model_is_refused()
    {
        using Engine engine = TestBackends.NewEngine();
        using ModelArena arena = engine.NewModelArena();
        Parameter parameter = arena.Declare("w", 1);
        arena.Commit();
        arena.EnableGradients();
        using Step outer = engine.BeginStep();
        Tensor y = Tensors.Ops.Scale(outer.Input([1f], 1, requiresGradient: true), 2);
        using Step inner = engine.BeginStep();

        AssertRefused(
            "Backward: F32 (1) belongs to another step or outlives this one; use the step that computed it.", () => inner.Backward(y));
        AssertRefused(
            "Backward: F32 (1) \"w\" belongs to another step or outlives this one; use the step that computed it.",
            () => inner.Backward(parameter.Value));
    }

    private static void AssertRefused(string message, Action action) =>
        Assert.Equal(message, Assert.Throws<TensorException>(action).Message);
}
