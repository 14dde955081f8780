using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests.Memory;

public sealed class WatchAndKeepTests
{
    [Fact]
    public void A_watched_activation_keeps_its_value_its_name_and_its_gradient_until_the_step_ends()
    {
        using Engine engine = TestBackends.NewEngine();
        Tensor hidden;
        using (Step step = engine.BeginStep())
        {
            Tensor x = step.Input([1f, 2], 2, requiresGradient: true);
            hidden = step.Watch(Tensors.Ops.Scale(x, 2), "hidden");
            Assert.Equal(hidden, step.Watch(hidden, "hidden"));
            step.Backward(Tensors.Ops.Scale(hidden, 3), step.Input([1f, 10], 2));

            Assert.Equal(hidden, step.Watched["hidden"]);
            Assert.Equal("hidden", hidden.Name);
            Assert.Equal("F32 (2) \"hidden\"", hidden.ToString());
            Assert.Equal([2.0, 4], hidden.ToDoubles());
            Assert.Equal([3.0, 30], hidden.Gradient.ToDoubles());
        }

        Assert.False(hidden.IsAlive);
    }

    [Fact]
    public void Two_tensors_cannot_be_watched_under_one_name()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1f], 1);
        step.Watch(x, "attention");

        TensorException error = Assert.Throws<TensorException>(() => step.Watch(Tensors.Ops.Scale(x, 2), "attention"));

        Assert.Equal("Watch: the step watches another tensor named \"attention\" already; choose another name.", error.Message);
    }

    [Fact]
    public void A_kept_tensor_is_a_copy_that_outlives_the_step()
    {
        using Engine engine = TestBackends.NewEngine();
        using SessionArena arena = engine.NewSessionArena("kept");
        Tensor kept, indices;
        using (Step step = engine.BeginStep())
        {
            Tensor x = step.Watch(step.Input([1f, 2, 3, 4], (2, 2)), "x");
            kept = step.Keep(x, arena);
            indices = step.Keep(step.Input([7, 8], 2), arena);
            x.Upload<float>([9, 9, 9, 9]);
        }

        using Step next = engine.BeginStep();
        next.Input([5f, 5, 5, 5], (2, 2));
        Assert.Equal((Shape)(2, 2), kept.Shape);
        Assert.Equal("x", kept.Name);
        Assert.Equal([1.0, 2, 3, 4], kept.ToDoubles());
        Assert.Equal([7.0, 8], indices.ToDoubles());
    }
}
