namespace GptSharp.Tensors.Tests.Memory;

public sealed class ScopeTests
{
    private const int Count = 1024;
    private const long Bytes = Count * sizeof(float);

    [Fact]
    public void A_scope_recycles_everything_but_its_result_and_what_is_watched()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        Tensor x = Input(step);
        Tensor plain = default, watched = default;
        Tensor y = step.Scope(
            t =>
            {
                plain = Tensors.Ops.Scale(t, 2);
                watched = step.Watch(Tensors.Ops.Scale(plain, 3), "tripled");
                return Tensors.Ops.Scale(watched, 4);
            },
            x);

        Assert.Equal([true, false, true, true], [x.IsAlive, plain.IsAlive, watched.IsAlive, y.IsAlive]);
        Assert.Equal(3 * Bytes, step.LiveBytes);
        Assert.Equal(24, y.ToDoubles()[1]);
        Assert.Equal(6, step.Watched["tripled"].ToDoubles()[1]);
    }

    [Fact]
    public void A_scope_keeps_what_backward_reads_and_nothing_else()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor saved = default, unsaved = default;
        Tensor y = step.Scope(
            t =>
            {
                saved = Tensors.Ops.Scale(t, 2);
                unsaved = Tensors.Ops.Gelu(saved);
                return Tensors.Ops.Add(unsaved, t);
            },
            Input(step));

        Assert.Equal([true, false, true], [saved.IsAlive, unsaved.IsAlive, y.IsAlive]);
        Assert.Equal(3 * Bytes, step.LiveBytes);

        step.Backward(y, y);
        Assert.False(saved.IsAlive);
        Assert.True(y.IsAlive, "The step's own tensors stay until backward or the step's end needs them no more.");
    }

    [Fact]
    public void The_next_scope_computes_in_the_memory_of_the_last()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        Tensor x = Input(step);
        List<nint> inner = [];
        long peak = 0;
        for (int i = 0; i < 5; i++)
        {
            // The inner scopes' results are the outer scope's to recycle.
            step.Scope(Twice, x);
            peak = i == 0 ? step.PeakBytes : peak;
        }

        Assert.Equal(10, inner.Count);
        Assert.Single(inner.Distinct());
        Assert.Equal(1 + 5, step.LiveBytes / Bytes);
        Assert.Equal(peak + (4 * Bytes), step.PeakBytes);

        Tensor Twice(Tensor t) => Once(step.Scope(Once, t));

        Tensor Once(Tensor t)
        {
            Tensor first = Tensors.Ops.Scale(t, 2);
            inner.Add(first.Address);
            return Tensors.Ops.Scale(first, 3);
        }
    }

    [Fact]
    public void A_scope_may_return_its_input_or_a_tensor_from_outside()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = Input(step), other = Tensors.Ops.Scale(x, 5), inside = default;
        Tensor Same(Tensor t)
        {
            inside = Tensors.Ops.Scale(t, 2);
            return t;
        }

        Assert.Equal(x, step.Scope(Same, x));
        Assert.False(inside.IsAlive);
        Assert.Equal(other, step.Scope(_ => other, x));
        Assert.Equal(5, other.ToDoubles()[1]);
    }

    private static Tensor Input(Step step) =>
        step.Input([.. Enumerable.Range(0, Count).Select(i => (float)i)], Count, requiresGradient: true);
}
