using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors.Tests.Memory;

public sealed class StaleHandleTests
{
    private const string Recycled =
        "A tensor of the step arena was used after its buffer had been recycled: keep it alive with Step.Watch, "
        + "return it from its scope, or copy it out of the step with Step.Keep.";

    [Fact]
    public void A_tensor_of_an_ended_step_is_refused_by_every_access()
    {
        using Engine engine = TestBackends.NewEngine();
        Tensor x;
        using (Step step = engine.BeginStep())
        {
            x = step.Input([1f, 2], 2);
        }

        AssertStale(x, Recycled);
    }

    [Fact]
    public void The_next_step_does_not_answer_for_the_tensor_whose_place_it_took()
    {
        using Engine engine = TestBackends.NewEngine();
        Tensor old;
        nint address;
        using (Step step = engine.BeginStep())
        {
            old = step.Input([1f, 2], 2);
            address = old.Address;
        }

        using Step next = engine.BeginStep();
        Tensor current = next.Input([3f, 4], 2);

        Assert.Equal(address, current.Address);
        Assert.NotEqual(old, current);
        AssertStale(old, Recycled);
        Assert.Equal(Recycled, Assert.Throws<TensorException>(() => Tensors.Ops.Scale(old, 1)).Message);
        Assert.Equal(Recycled, Assert.Throws<TensorException>(() => Tensors.Ops.Add(current, old)).Message);
        Assert.Equal([3.0, 4], current.ToDoubles());
    }

    [Fact]
    public void A_tensor_that_its_scope_recycled_is_refused()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        Tensor inner = Tensor.None;
        step.Scope(
            x =>
            {
                inner = Tensors.Ops.Scale(x, 2);
                return Tensors.Ops.Scale(inner, 3);
            },
            step.Input([1f, 2], 2));
        step.Input([7f, 8], 2);

        AssertStale(inner, Recycled);
    }

    [Fact]
    public void An_activation_that_backward_has_released_is_refused()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input([1f], 1, requiresGradient: true);
        Tensor hidden = Tensors.Ops.Scale(x, 2);
        Tensor y = Tensors.Ops.Gelu(hidden);

        step.Backward(y);

        AssertStale(hidden, Recycled);
        Assert.False(y.Gradient.IsAlive);
    }

    [Fact]
    public void A_tensor_of_a_disposed_arena_is_refused_and_so_is_a_new_one()
    {
        using Engine engine = TestBackends.NewEngine();
        SessionArena session = engine.NewSessionArena("cache");
        Tensor kept = session.New(2, DType.F32);
        ModelArena model = engine.NewModelArena();
        Tensor parameter = model.Declare("w", 2).Value;
        model.Commit();
        session.Dispose();
        model.Dispose();
        model.Dispose();

        AssertStale(kept, "A tensor of the cache arena was used after the arena's disposal; dispose the arena, its owner or the engine later.");
        AssertStale(parameter, "A tensor of the model arena was used after the arena's disposal; dispose the arena, its owner or the engine later.");
        Assert.Equal(
            "A tensor was asked of the cache arena after its disposal; use it before, or make a new one.",
            Assert.Throws<TensorException>(() => session.New(2, DType.F32)).Message);
        Assert.Throws<TensorException>(() => model.NewBuffer("moment"));
    }

    [Fact]
    public void An_absent_tensor_is_refused_where_values_are_needed()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();

        Assert.Equal(
            "An absent tensor (Tensor.None) was used where values are needed.",
            Assert.Throws<TensorException>(() => Tensor.None.Shape).Message);
        Assert.Equal(
            "An operation was given an absent tensor (Tensor.None) as its main input.",
            Assert.Throws<TensorException>(() => Tensors.Ops.Gelu(Tensor.None)).Message);
    }

    private static void AssertStale(Tensor tensor, string message)
    {
        Assert.False(tensor.IsAlive);
        Assert.Equal("recycled tensor", tensor.ToString());
        Action[] accesses =
        [
            () => _ = tensor.Shape, () => tensor.ToDoubles(), () => tensor.Item(), () => _ = tensor.Gradient,
            () => tensor.UploadDoubles([0, 0]), () => _ = tensor.Address,
        ];
        Assert.All(accesses, access => Assert.Equal(message, Assert.Throws<TensorException>(access).Message));
    }
}
