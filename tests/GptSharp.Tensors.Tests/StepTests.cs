using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests;

public sealed class StepTests
{
    [Fact]
    public void An_operation_outside_a_step_is_refused_with_the_line_that_opens_one()
    {
        using Engine engine = TestBackends.NewEngine();
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor x = arena.New(3, DType.F32);

        TensorException error = Assert.Throws<TensorException>(() => Tensors.Ops.Scale(x, 2));

        Assert.Equal("An operation needs an open step: using Step step = engine.BeginStep();", error.Message);
    }

    [Fact]
    public void An_evaluation_inside_an_accumulation_changes_nothing_outside_it()
    {
        using var engine = new Engine(TestBackends.Create(TestBackends.Names[0]), new EngineOptions { GuardMemory = true });
        var network = new TinyNetwork(engine, DType.F32);
        network.Pass(engine, StepOptions.Train(1, 0, 0), 2, 5);
        double[] expected = network.Arena.Gradients!.Flat.ToDoubles();

        int[] targets = TinyNetwork.NewTargets(2, 5);
        network.Arena.ClearGradients();
        using (Step outer = engine.BeginStep(StepOptions.Train(1, 0, 0)))
        {
            Tensor loss = network.Loss(
                outer, TinyNetwork.NewInput(2, 5).Enter(outer, DType.F32), outer.Input(targets, (2, 5)), targets.Count(t => t >= 0));
            Tensor inside;
            using (Step inner = engine.BeginStep(StepOptions.Evaluate))
            {
                Assert.Same(inner, engine.CurrentStep);
                inside = network.Loss(inner, TinyNetwork.NewInput(3, 9).Enter(inner, DType.F32), inner.Input(new int[27], (3, 9)), 27);
                Assert.False(inside.RequiresGradient);
            }

            Assert.Same(outer, engine.CurrentStep);
            Assert.False(inside.IsAlive);
            Assert.True(loss.IsAlive);
            outer.Backward(loss);
        }

        Assert.Equal(expected, network.Arena.Gradients.Flat.ToDoubles());
    }

    [Fact]
    public void Steps_that_end_in_the_wrong_order_are_refused_and_can_still_end_in_the_right_one()
    {
        using Engine engine = TestBackends.NewEngine();
        Step outer = engine.BeginStep();
        Step inner = engine.BeginStep();
        Tensor x = outer.Input([1f], 1);

        Assert.Equal("Steps must end innermost first.", Assert.Throws<TensorException>(outer.Dispose).Message);
        Assert.True(x.IsAlive);

        inner.Dispose();
        outer.Dispose();
        outer.Dispose();
        Assert.False(x.IsAlive);
        Assert.Throws<TensorException>(() => engine.CurrentStep);
    }

    [Fact]
    public void A_step_begins_without_what_an_abandoned_one_left()
    {
        using Engine engine = TestBackends.NewEngine();
        var network = new TinyNetwork(engine, DType.F32) { Dropout = 0.1 };
        double expected = network.Pass(engine, StepOptions.Train(1, 0, 0), 2, 5);
        double[] gradients = network.Arena.Gradients!.Flat.ToDoubles();
        using (Step step = engine.BeginStep(StepOptions.Train(1, 0, 0)))
        {
            Tensor x = TinyNetwork.NewInput(2, 5).Enter(step, DType.F32);
            step.Watch(x, "x");
            network.Loss(step, x, step.Input(TinyNetwork.NewTargets(2, 5), (2, 5)), 1);
        }

        using (Step step = engine.BeginStep())
        {
            Assert.Empty(step.Watched);
            Assert.Equal(0, step.LiveBytes);
        }

        Assert.Equal(expected, network.Pass(engine, StepOptions.Train(1, 0, 0), 2, 5));
        Assert.Equal(gradients, network.Arena.Gradients.Flat.ToDoubles());
    }
}
