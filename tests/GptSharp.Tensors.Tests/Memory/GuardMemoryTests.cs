namespace GptSharp.Tensors.Tests.Memory;

public sealed unsafe class GuardMemoryTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(-64)]
    [InlineData(3)]
    [InlineData(15)]
    [InlineData(66)]
    public void A_write_outside_a_buffer_is_found_when_the_step_ends(int element)
    {
        using Engine engine = NewEngine();
        Step step = engine.BeginStep();
        Tensor x = step.Input([1f, 2, 3], 3);
        x.Pointer<float>()[element] = 1;

        TensorException error = Assert.Throws<TensorException>(step.Dispose);

        Assert.Equal("Something wrote outside the buffer of a tensor F32 (3) made by the caller.", error.Message);

        // The engine is none the worse for it.
        using Step next = engine.BeginStep();
        Assert.Equal([2.0, 4], Tensors.Ops.Scale(next.Input([1f, 2], 2), 2).ToDoubles());
    }

    [Fact]
    public void A_write_outside_a_buffer_is_found_when_its_scope_recycles_it_and_the_operation_is_named()
    {
        using Engine engine = NewEngine();
        Step step = engine.BeginStep(StepOptions.Evaluate);
        TensorException error = Assert.Throws<TensorException>(() => step.Scope(
            t =>
            {
                Tensor y = Tensors.Ops.Scale(t, 2);
                y.Pointer<float>()[y.Count] = 1;
                return Tensors.Ops.Scale(y, 2);
            },
            step.Input(new float[20], (4, 5))));

        Assert.Equal("Something wrote outside the buffer of a tensor F32 (4, 5) made by scale.", error.Message);
        Assert.Throws<TensorException>(step.Dispose);
    }

    [Fact]
    public void A_new_buffer_holds_NaN_until_it_is_written_even_where_an_old_one_was()
    {
        using Engine engine = NewEngine();
        using Step step = engine.BeginStep(StepOptions.Evaluate);
        Tensor old = default;
        step.Scope(t => Tensors.Ops.Scale(old = Tensors.Ops.Scale(t, 2), 2), step.Input([1f, 2, 3], 3));
        Tensor floats = step.New(3, DType.F32), integers = step.New(2, DType.I32);

        Assert.False(old.IsAlive);
        Assert.All(floats.ToDoubles(), value => Assert.True(double.IsNaN(value)));
        Assert.All(integers.ToDoubles(), value => Assert.Equal(-1, value));
    }

    [Fact]
    public void Work_inside_its_buffers_passes()
    {
        using Engine engine = NewEngine();
        var network = new TinyNetwork(engine, DType.F32) { Dropout = 0.1, Recompute = true };
        double guarded = network.Pass(engine, StepOptions.Train(1, 0, 0), 3, 7);
        using Engine plain = TestBackends.NewEngine();

        Assert.Equal(new TinyNetwork(plain, DType.F32) { Dropout = 0.1 }.Pass(plain, StepOptions.Train(1, 0, 0), 3, 7), guarded);
    }

    private static Engine NewEngine() => new(TestBackends.Create(TestBackends.Names[0]), new EngineOptions { GuardMemory = true });
}
