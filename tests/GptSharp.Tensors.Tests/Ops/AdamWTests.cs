using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class AdamWTests
{
    private const int Count = 45;

    private static readonly AdamWScalars Scalars = new(
        LearningRate: 0.01, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.1, Update: 1, Clip: double.PositiveInfinity);

    public static TheoryData<string> Backends => [.. TestBackends.Names, "reference"];

    [Fact]
    public void Three_updates_on_Reference_are_the_formulas_in_float64()
    {
        using Engine engine = TestBackends.NewEngine("reference");
        double[][] actual = Update(engine, DType.F64, first: 0, Count, clip: 1.5, updates: 3);
        double[] w = Numbers(1), m = new double[Count], v = new double[Count], norms = new double[3];
        for (int update = 1; update <= 3; update++)
        {
            double[] gradient = Numbers(1 + update);
            double norm = Math.Sqrt(gradient.Sum(g => g * g));
            double scale = Math.Min(1, 1.5 / (norm + 1e-6));
            norms[update - 1] = norm;
            for (int i = 0; i < Count; i++)
            {
                double g = gradient[i] * scale;
                m[i] = (0.9 * m[i]) + (0.1 * g);
                v[i] = (0.95 * v[i]) + (0.05 * g * g);
                double mHat = m[i] / (1 - Math.Pow(0.9, update)), vHat = v[i] / (1 - Math.Pow(0.95, update));
                w[i] = w[i] - (0.01 * 0.1 * w[i]) - (0.01 * mHat / (Math.Sqrt(vHat) + 1e-8));
            }
        }

        Assert.All(norms, norm => Assert.True(norm > 1.5, "The test is about gradients that are clipped."));
        Assert.InRange(RelativeDistance.Between(w, actual[0]), 0, 1e-14);
        Assert.InRange(RelativeDistance.Between(m, actual[1]), 0, 1e-14);
        Assert.InRange(RelativeDistance.Between(v, actual[2]), 0, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Three_updates_are_References(string backend)
    {
        using Engine reference = TestBackends.NewEngine("reference");
        using Engine engine = TestBackends.NewEngine(backend);
        double[][] expected = Update(reference, DType.F64, first: 0, Count, clip: 1.5, updates: 3);
        double[][] actual = Update(engine, DType.F32, first: 0, Count, clip: 1.5, updates: 3);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.InRange(RelativeDistance.Between(expected[i], actual[i]), 0, 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Only_the_named_elements_change(string backend)
    {
        using Engine engine = TestBackends.NewEngine(backend);
        double[] all = Update(engine, DType.F32, first: 0, Count, clip: 1.5, updates: 1)[0];
        double[] part = Update(engine, DType.F32, first: 5, count: 20, clip: 1.5, updates: 1)[0];
        double[] start = Numbers(1);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal(i is >= 5 and < 25 ? all[i] : (float)start[i], part[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void A_norm_below_the_limit_changes_no_bit(string backend)
    {
        using Engine engine = TestBackends.NewEngine(backend);
        double[] free = Update(engine, DType.F32, first: 0, Count, double.PositiveInfinity, updates: 2)[0];
        Assert.Equal(free, Update(engine, DType.F32, first: 0, Count, clip: 1000, updates: 2)[0]);
        Assert.NotEqual(free, Update(engine, DType.F32, first: 0, Count, clip: 0.1, updates: 2)[0]);
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(0, Count + 1)]
    [InlineData(Count, 1)]
    public void Elements_outside_the_values_are_refused(long first, long count)
    {
        using Engine engine = TestBackends.NewEngine();

        TensorException error = Assert.Throws<TensorException>(
            () => Update(engine, DType.F32, first, count, double.PositiveInfinity, updates: 1));

        Assert.StartsWith($"adamw: elements {first} ... {first + count - 1} must lie in values (45)", error.Message);
    }

    // Values, first moment, second moment.
    private static double[][] Update(Engine engine, DType type, long first, long count, double clip, int updates)
    {
        using SessionArena arena = engine.NewSessionArena("test");
        Tensor[] tensors = [.. Enumerable.Range(0, 4).Select(_ => arena.New(Count, type))];
        tensors[0].UploadDoubles(Numbers(1));
        for (int update = 1; update <= updates; update++)
        {
            tensors[3].UploadDoubles(Numbers(1 + update));
            using Step step = engine.BeginStep(StepOptions.Evaluate);
            Tensor norm = Tensors.Ops.GradientNorm(tensors[3]);
            step.Run(new AdamWOp(
                tensors[0], Tensor.None, tensors[1], tensors[2], tensors[3], norm, first, count,
                Scalars with { Update = update, Clip = clip }));
        }

        return [.. tensors.Take(3).Select(tensor => tensor.ToDoubles())];
    }

    private static double[] Numbers(int seed) => OpInput.Normal(Count, seed).ToDoubles();
}
