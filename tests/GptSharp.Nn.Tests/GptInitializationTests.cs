using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Tests;

public sealed class GptInitializationTests
{
    // Wide enough for every matrix to have thousands of numbers.
    private static readonly GptConfig Config = new()
    {
        VocabularySize = 301,
        BlockSize = 64,
        LayerCount = 3,
        HeadCount = 4,
        Width = 64,
        TieHead = false,
    };

    public static TheoryData<GptConfig> Configs =>
    [
        Config,
        Config with { KeyHeadCount = 2, HeadSize = 24, Activation = MlpActivation.Swiglu, Norm = NormKind.RMSNorm, QkNorm = true },
    ];

    [Theory]
    [MemberData(nameof(Configs))]
    public void Matrices_are_normal_with_GPT2s_deviations_and_vectors_are_constant(GptConfig config)
    {
        using var small = new SmallGpt(config);
        foreach (Parameter parameter in small.Model.Arena.Parameters)
        {
            double[] values = parameter.Value.ToDoubles()[..(int)small.Model.LogicalCount(parameter)];
            string name = parameter.Name;
            if (parameter.Value.Shape.Rank == 1)
            {
                double constant = name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;    // of a norm
                Assert.All(values, value => Assert.Equal(constant, value));
                continue;
            }

            double deviation = name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? 0.02 / Math.Sqrt(6) : 0.02;
            double n = values.Length, mean = values.Average(), variance = values.Average(value => value * value);
            double fourth = values.Average(value => value * value * value * value);

            // Five standard errors of the mean, the variance and the fourth moment of a normal distribution.
            Assert.True(Math.Abs(mean) < 5 * deviation / Math.Sqrt(n), $"{name}: mean {mean}");
            Assert.Equal(1, variance / (deviation * deviation), 5 * Math.Sqrt(2 / n));
            Assert.Equal(3, fourth / Math.Pow(deviation, 4), 5 * Math.Sqrt(96 / n));
        }
    }

    [Fact]
    public void The_seed_decides_every_value_and_parameters_do_not_repeat_each_other()
    {
        using var first = new SmallGpt(Config, seed: 1);
        using var same = new SmallGpt(Config, seed: 1);
        using var other = new SmallGpt(Config, seed: 2);
        double[] values = first.Model.Arena.Values!.Flat.ToDoubles();

        Assert.Equal(values, same.Model.Arena.Values!.Flat.ToDoubles());
        foreach (Parameter matrix in first.Model.Arena.Parameters.Where(parameter => parameter.Value.Shape.Rank == 2))
        {
            double[] numbers = matrix.Value.ToDoubles();
            Assert.NotEqual(numbers, other[matrix.Name].Value.ToDoubles());
            Assert.DoesNotContain(
                first.Model.Arena.Parameters, p => p != matrix && p.Value.ToDoubles()[0] / numbers[0] is var ratio && Math.Abs(ratio) == 1);
        }

        other.Model.Initialize(1);
        Assert.Equal(values, other.Model.Arena.Values!.Flat.ToDoubles());
    }

    [Fact]
    public void The_numbers_do_not_depend_on_the_storage_type_but_for_rounding()
    {
        using var wide = new SmallGpt(Config);
        using var narrow = new SmallGpt(Config, type: DType.F32);

        Assert.Equal(
            wide.Model.Arena.Values!.Flat.ToDoubles().Select(value => (double)(float)value), narrow.Model.Arena.Values!.Flat.ToDoubles());
    }
}
