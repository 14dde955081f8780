using GptSharp.Tensors.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

public unsafe class AdamWRuleTests
{
    // Half a unit in the last place of a float, relative.
    private const double Rounding = 1.0 / (1 << 24);

    private static readonly AdamWScalars Scalars = new(
        LearningRate: 3e-3, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 0.1, Update: 7, Clip: double.PositiveInfinity);

    [Fact]
    public void Every_length_up_to_a_hundred_is_updated_by_the_formula()
    {
        for (int count = 1; count <= 100; count++)
        {
            Check(count, Scalars, gradientScale: 1);
        }
    }

    [Theory]
    [InlineData(8191)]
    [InlineData(8192)]
    [InlineData(8193)]
    [InlineData(50_003)]
    public void Lengths_of_several_parts_are_updated_by_the_formula(int count) => Check(count, Scalars, gradientScale: 1);

    [Theory]
    [InlineData(1, 0.0, 1e-8, 0.25)]
    [InlineData(1, 0.1, 0.1, 1.0)]
    [InlineData(5, 0.1, 0.1, 0.5)]
    [InlineData(1_000_000, 0.0, 1e-8, 1.0)]
    public void Clipping_decay_epsilon_and_bias_correction_are_the_formulas(
        long update, double decay, double epsilon, double gradientScale) =>
        Check(77, Scalars with { Update = update, WeightDecay = decay, Epsilon = epsilon }, gradientScale);

    [Fact]
    public void A_zero_gradient_from_the_start_leaves_undecayed_values_alone()
    {
        const int Count = 37;
        using KernelCase c = new(2);
        GuardedFloats w = c.Output(Count, beta: 1), m = c.Output(Count, _ => 0), v = c.Output(Count, _ => 0), g = c.Input(Count, _ => 0);
        AdamWScalars scalars = Scalars with { Update = 1, WeightDecay = 0 };
        c.Run(
            team => UpdateKernel.Run(new AdamWRule<SingleValues, float>(new(w), m, v, g, scalars, 1), 0, Count, default, team),
            () => Assert.Equal(w.Initial, w.Values.ToArray()));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(37, 3)]
    [InlineData(255, 1)]
    [InlineData(20_011, 6)]
    public void Values_of_BF16_are_the_rounding_of_the_moved_values_at_any_place(int count, int first)
    {
        var key = new RandomKey(99, 8, 7, 6);
        using KernelCase c = new(count);
        int all = first + count + 2;
        GuardedHalves random = c.OutputHalves(all, beta: 1), mastered = c.OutputHalves(all, beta: 1), g = c.InputHalves(all, scale: 0.1);
        GuardedFloats plain = c.Output(all, i => random.Initial[i]), master = c.Output(all, i => random.Initial[i]);
        GuardedFloats widened = c.Input(all, i => g.Initial[i]);
        GuardedFloats[] m = [.. Enumerable.Range(0, 3).Select(_ => c.Output(all, i => 0.01f * (i % 5)))];
        GuardedFloats[] v = [.. Enumerable.Range(0, 3).Select(_ => c.Output(all, i => 1e-4f * (1 + (i % 7))))];
        c.Run(
            team =>
            {
                UpdateKernel.Run(new AdamWRule<SingleValues, float>(new(plain), m[0], v[0], widened, Scalars, 0.5), first, count, key, team);
                UpdateKernel.Run(new AdamWRule<MasteredValues<BF16>, BF16>(new(mastered, master), m[1], v[1], g, Scalars, 0.5), first, count, key, team);
                UpdateKernel.Run(new AdamWRule<RandomlyRoundedValues, BF16>(new(random), m[2], v[2], g, Scalars, 0.5), first, count, key, team);
            },
            () =>
            {
                Assert.Equal(plain.Values.ToArray(), master.Values.ToArray());
                for (int i = 0; i < all; i++)
                {
                    bool isMoved = i >= first && i < first + count;
                    uint word = Philox.Word(key.Seed, key.Step, key.FirstSample, key.Site, (ulong)i);
                    Assert.Equal(isMoved ? (BF16)plain[i] : (BF16)mastered.Initial[i], mastered.Values[i]);
                    Assert.Equal(isMoved ? BF16.RoundStochastically(plain[i], word) : (BF16)random.Initial[i], random.Values[i]);
                }

                foreach (int kind in (ReadOnlySpan<int>)[1, 2])
                {
                    Assert.Equal(m[0].Values.ToArray(), m[kind].Values.ToArray());
                    Assert.Equal(v[0].Values.ToArray(), v[kind].Values.ToArray());
                }
            });
    }

    private static void Check(int count, AdamWScalars s, double gradientScale)
    {
        using KernelCase c = new(count);
        GuardedFloats w = c.Output(count, beta: 1), m = c.Output(count, beta: 1), v = c.Output(count, i => 1e-4f * (1 + (i % 7)));
        GuardedFloats g = c.Input(count, scale: 0.1);
        c.Run(
            team => UpdateKernel.Run(new AdamWRule<SingleValues, float>(new(w), m, v, g, s, gradientScale), 0, count, default, team),
            () =>
            {
                for (int i = 0; i < count; i++)
                {
                    double gradient = gradientScale * g[i];
                    double mean = (s.Beta1 * m.Initial[i]) + ((1 - s.Beta1) * gradient);
                    double square = (s.Beta2 * v.Initial[i]) + ((1 - s.Beta2) * gradient * gradient);
                    double correctedMean = mean / (1 - Math.Pow(s.Beta1, s.Update));
                    double correctedSquare = square / (1 - Math.Pow(s.Beta2, s.Update));
                    double move = s.LearningRate * correctedMean / (Math.Sqrt(correctedSquare) + s.Epsilon);
                    double value = (w.Initial[i] * (1 - (s.LearningRate * s.WeightDecay))) - move;

                    // A few roundings each, relative to the terms: what cancels in the sum was rounded before.
                    double meanSize = Math.Abs(m.Initial[i]) + Math.Abs(gradient);
                    Near(mean, m[i], 3 * meanSize, "mean", i);
                    Near(square, v[i], 5 * square, "square", i);
                    double moveSize = Math.Abs(move) * (8 + (3 * meanSize / Math.Abs(mean)));
                    Near(value, w[i], (2 * Math.Abs(w.Initial[i])) + moveSize, "value", i);
                }
            });

        void Near(double expected, float got, double roundings, string what, int i)
        {
            if (!(Math.Abs(got - expected) <= roundings * Rounding))
            {
                Assert.Fail($"{what}[{i}] of {count} is {got:R}, expected {expected:R}.");
            }
        }
    }
}
