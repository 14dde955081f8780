using GptSharp.OpCases;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class RopeTests : OpConformanceTests<RopeCases>
{
    [Theory]
    [MemberData(nameof(Backends))]
    public void Scores_depend_on_distances_only(string backend)
    {
        const int time = 7, size = 20, shift = 31;
        using var engine = TestBackends.NewEngine(backend);
        using Step step = engine.BeginStep();
        double[] once = Normal((1, time, 3 * size), 1).ToDoubles();
        Tensor twice = step.Input([.. once, .. once], (2, time, 3 * size), DType.F32);
        Tensor table = RopeCases.Table(time + shift, 16).Enter(step, DType.F32);
        foreach (RopePairing pairing in RopeCases.Pairings)
        {
            double[] y = Tensors.Ops.Rope(twice, table, new(1), pairing, step.Input(new[] { 0, shift }, 2)).ToDoubles();
            for (int i = 0; i < time; i++)
            {
                for (int j = 0; j < time; j++)
                {
                    Assert.Equal(Score(y, 0, i, j), Score(y, 1, i, j), 1e-4);
                }
            }

            Assert.NotEqual(y[..(size * 3)], y[(time * size * 3)..((time + 1) * size * 3)]);
        }

        static double Score(double[] y, int b, int i, int j) => Enumerable.Range(0, size).Sum(
            d => y[(((b * time) + i) * 3 * size) + d] * y[(((b * time) + j) * 3 * size) + size + d]);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Interleaved_is_rotate_half_of_permuted_channels(string backend)
    {
        const int time = 5, size = 13, rotated = 10;
        AttentionForm form = new(3, 1);
        int heads = time * (form.HeadCount + (2 * form.KeyHeadCount));
        using var engine = TestBackends.NewEngine(backend);
        using Step step = engine.BeginStep();
        double[] x = Normal((heads, size), 1).ToDoubles();
        Tensor table = RopeCases.Table(time, rotated).Enter(step, DType.F32);
        Shape shape = (1, time, heads / time * size);

        double[] interleaved = Tensors.Ops.Rope(
            step.Input(x, shape, DType.F32), table, form, RopePairing.Interleaved).ToDoubles();
        double[] halves = Tensors.Ops.Rope(
            step.Input(Permuted(x), shape, DType.F32), table, form, RopePairing.RotateHalf).ToDoubles();

        Assert.Equal(Permuted(interleaved), halves);

        // Even channels first, then the odd ones, then what is not rotated.
        static double[] Permuted(double[] values) =>
            [.. values.Select((_, i) => values[i - (i % size) + Source(i % size)])];

        static int Source(int d) => d >= rotated ? d : d < rotated / 2 ? 2 * d : (2 * (d - (rotated / 2))) + 1;
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void The_gradient_turns_back_what_was_turned(string backend)
    {
        AttentionForm form = new(4, 2);
        using var engine = TestBackends.NewEngine(backend);
        foreach (RopePairing pairing in RopeCases.Pairings)
        {
            using Step step = engine.BeginStep(new StepOptions { RecordGradients = true });
            Tensor x = Normal((2, 11, 8 * 14), 1).Enter(step, DType.F32);
            Tensor y = Tensors.Ops.Rope(x, RopeCases.Table(11, 12).Enter(step, DType.F32), form, pairing);

            step.Backward(y, step.Input(y.ToDoubles(), y.Shape, DType.F32));

            Assert.All(x.ToDoubles().Zip(x.Gradient.ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 2e-6));
        }
    }

    [Theory]
    [MemberData(nameof(AllBackends))]
    public void A_start_below_zero_is_refused(string backend)
    {
        using var engine = TestBackends.NewEngine(backend);
        using Step step = engine.BeginStep();
        Tensor table = step.Input(new double[8], (4, 2), backend == "reference" ? DType.F64 : DType.F32);
        Tensor qkv = step.Input(new double[12], (2, 1, 6), backend == "reference" ? DType.F64 : DType.F32);

        TensorException error = Assert.Throws<TensorException>(
            () => Tensors.Ops.Rope(qkv, table, new(1), RopePairing.RotateHalf, step.Input(new[] { 0, -1 }, 2)).ToDoubles());

        Assert.Equal("rope: position -1 at place 1 of (2) is below 0.", error.Message);
    }

    public static TheoryData<string> Backends => [.. TestBackends.Names];

    public static TheoryData<string> AllBackends => [.. TestBackends.Names, "reference"];
}
