using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Memory;

public sealed class ModelArenaTests
{
    public static TheoryData<string> Backends => [.. TestBackends.Names, "reference"];

    [Fact]
    public void Matrices_come_first_each_on_a_row_of_its_own_otherwise_in_the_order_of_declaration()
    {
        using Engine engine = TestBackends.NewEngine();
        using ModelArena arena = engine.NewModelArena();
        arena.Declare("bias 1", 5);
        arena.Declare("weight 1", (3, 7));
        arena.Declare("bias 2", 16);
        arena.Declare("weight 2", (2, 2, 4));
        arena.Declare("weight 3", (1, 1));
        arena.Commit();

        Assert.Equal(["weight 1", "weight 2", "weight 3", "bias 1", "bias 2"], arena.Parameters.Select(p => p.Name));
        Assert.Equal([0L, 32, 48, 64, 80], arena.Parameters.Select(p => p.Offset));
        Assert.Equal((Shape)(6, 16), arena.Values!.Flat.Shape);
        Assert.All(arena.Values.Flat.ToDoubles(), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    public void A_parameter_and_its_parts_are_views_into_the_flat_buffers(DType type)
    {
        using Engine engine = TestBackends.NewEngine("reference");
        using ModelArena arena = engine.NewModelArena(type);
        arena.Declare("bias", 3);
        Parameter weight = arena.Declare("weight", (2, 9));
        arena.Commit();
        arena.EnableGradients();
        arena.EnableGradients();
        ParameterBuffer moment = arena.NewBuffer("moment");
        Parameter bias = arena.Parameters[1];
        weight.Value.UploadDoubles([.. Enumerable.Range(1, 18).Select(i => (double)i)]);
        bias.Value.UploadDoubles([91, 92, 93]);
        moment[bias].UploadDoubles([7, 8, 9]);

        double[] values = arena.Values!.Flat.ToDoubles();
        Assert.Equal(Enumerable.Range(1, 18).Select(i => (double)i), values[..18]);
        Assert.All(values[18..32], gap => Assert.Equal(0, gap));
        Assert.Equal([91.0, 92, 93], values[32..35]);
        Assert.Equal([7.0, 8, 9], moment.Flat.ToDoubles()[32..35]);
        Assert.Equal(weight.Value.Shape, arena.Gradients![weight].Shape);
        Assert.Equal(arena.Gradients[weight], weight.Gradient);
        Assert.Equal(weight.Value, arena.Values[weight]);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_gradient_that_no_pass_has_written_reads_as_zero(string backend)
    {
        using Engine engine = TestBackends.NewEngine(backend);
        using ModelArena arena = engine.NewModelArena();
        Parameter used = arena.Declare("used", 4), unused = arena.Declare("unused", 4);
        arena.Commit();
        arena.EnableGradients();
        arena.Gradients!.Flat.UploadDoubles([.. Enumerable.Repeat(99.0, 32)]); // what an earlier step left
        arena.ClearGradients();
        using (Step step = engine.BeginStep())
        {
            step.Backward(Tensors.Ops.Scale(used.Value, 3), step.Input([1f, 2, 3, 4], 4));
        }

        Assert.True(unused.Value.Gradient.IsNone);
        arena.CompleteGradients();

        Assert.Equal([3.0, 6, 9, 12], used.Gradient.ToDoubles());
        Assert.Equal([0.0, 0, 0, 0], unused.Gradient.ToDoubles());
        Assert.Equal(unused.Gradient, unused.Value.Gradient);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Two_passes_add_up_to_one_over_the_whole_batch(string backend)
    {
        const int Time = 5;
        DType type = backend == "reference" ? DType.F64 : DType.F32;
        using Engine engine = TestBackends.NewEngine(backend);
        var network = new TinyNetwork(engine, type) { Dropout = 0.2 };
        float[] x = [.. TinyNetwork.NewInput(5, Time).ToDoubles().Select(value => (float)value)];
        int[] targets = TinyNetwork.NewTargets(5, Time);
        long valid = targets.Count(target => target >= 0);

        (double whole, double[] expected) = Accumulate([(0, 5)]);
        (double parts, double[] gradients) = Accumulate([(0, 2), (2, 5)]);

        Assert.Equal(whole, parts, type == DType.F64 ? 1e-14 : 1e-6);
        Assert.InRange(RelativeDistance.Between(expected, gradients), 0, type == DType.F64 ? 1e-14 : 1e-6);

        (double, double[]) Accumulate((int First, int End)[] batches)
        {
            double sum = 0;
            network.Arena.ClearGradients();
            foreach ((int first, int end) in batches)
            {
                using Step step = engine.BeginStep(StepOptions.Train(1, 0, (uint)first));
                int count = end - first, width = x.Length / 5;
                float[] samples = x[(first * width)..(end * width)];
                Tensor input = type == DType.F64
                    ? step.Input(Array.ConvertAll(samples, value => (double)value), (count, Time, width / Time))
                    : step.Input(samples, (count, Time, width / Time));
                Tensor loss = network.Loss(step, input, step.Input(targets.AsSpan()[(first * Time)..(end * Time)], (count, Time)), valid);
                step.Backward(loss);
                sum += loss.Item();
            }

            return (sum, network.Arena.Gradients!.Flat.ToDoubles());
        }
    }

    [Fact]
    public void Memory_is_laid_out_once_after_the_last_declaration_and_before_further_buffers()
    {
        using Engine engine = TestBackends.NewEngine();
        using ModelArena arena = engine.NewModelArena();
        arena.Declare("a", 1);

        Assert.Equal(
            "The buffer gradients was asked for before the model's memory was laid out; call Commit first.",
            Assert.Throws<TensorException>(arena.EnableGradients).Message);
        arena.Commit();
        Assert.Equal(
            "Parameter b was declared after the model's memory was laid out.",
            Assert.Throws<TensorException>(() => arena.Declare("b", 1)).Message);
        Assert.Equal(
            "The model's memory was laid out before; commit once, after the last parameter is declared.",
            Assert.Throws<TensorException>(arena.Commit).Message);
    }
}
