using GptSharp.Cuda;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>
/// GELU by way of erf where results are stored as BF16 (functions.cuh: GeluErfBf16): at every finite BF16 number, what its header promises. A
/// result may be half a BF16 unit from the number before it was rounded; the promised error is looked for in what exceeds that, and shows
/// wherever the exact result lies near the middle of two BF16 numbers.
/// </summary>
public sealed class GeluBf16Tests
{
    private static readonly double[] Inputs =
    [
        .. Enumerable.Range(0, 1 << 16).Select(bits => BitConverter.Int32BitsToSingle(bits << 16)).Where(float.IsFinite).Select(x => (double)x),
    ];

    [Fact]
    public void Values_are_right_to_5_digits_into_the_tail()
    {
        using KernelBench bench = new();
        DeviceBuffer x = bench.Given(DType.BF16, Inputs, "x"), y = bench.Output(DType.BF16, Inputs.Length, "y");
        bench.Launch(
            "activation", "activation_bf16", Grids.Elementwise(DType.BF16, Inputs.Length, 2), y, x, (long)Inputs.Length, (int)ActivationFunction.GeluErf);

        double[] actual = y.Read(DType.BF16);
        for (int i = 0; i < Inputs.Length; i++)
        {
            double expected = Inputs[i] * NormalOracle.CumulativeInTheTail(Inputs[i]);
            AssertWithin((1e-5 * Math.Abs(expected)) + 1e-22, expected, actual[i], Inputs[i]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1.2578125)]
    [InlineData(-1.4921875)]
    [InlineData(1.828125)]
    public void Slopes_are_right_near_their_root_and_in_the_tail(double upstream)
    {
        using KernelBench bench = new();
        DeviceBuffer x = bench.Given(DType.BF16, Inputs, "x"), dx = bench.Output(DType.BF16, Inputs.Length, "dx");
        DeviceBuffer dy = bench.Given(DType.BF16, Inputs.Select(_ => upstream), "dy");
        bench.Launch(
            "activation", "activation_backward_bf16", Grids.Elementwise(DType.BF16, Inputs.Length, 2),
            dx, dy, x, (long)Inputs.Length, (int)ActivationFunction.GeluErf, 0f);

        double[] actual = dx.Read(DType.BF16);
        for (int i = 0; i < Inputs.Length; i++)
        {
            double distribution = NormalOracle.CumulativeInTheTail(Inputs[i]), rest = Inputs[i] * NormalOracle.Density(Inputs[i]);
            double promised = Inputs[i] < -5
                ? Math.Min(3e-9, Math.Abs(distribution + rest) / 40)
                : Math.Min(6e-7, 8e-5 * (distribution + Math.Abs(rest)));
            double underflow = 16 * Math.Pow(2, -126); // of a density, times |x|
            AssertWithin(Math.Abs(upstream) * (promised + underflow), upstream * (distribution + rest), actual[i], Inputs[i]);
        }
    }

    [Fact]
    public void Infinities_have_the_limits_and_NaN_stays_NaN()
    {
        double[] inputs = [double.PositiveInfinity, double.NegativeInfinity, double.NaN, -double.NaN, 3.3e38, -3.3e38, 20, -20];
        using KernelBench bench = new();
        DeviceBuffer x = bench.Given(DType.BF16, inputs, "x"), dy = bench.Given(DType.BF16, inputs.Select(_ => 1.0), "dy");
        DeviceBuffer y = bench.Output(DType.BF16, inputs.Length, "y"), dx = bench.Output(DType.BF16, inputs.Length, "dx");
        (long count, int function, LaunchShape shape) = (inputs.Length, (int)ActivationFunction.GeluErf, Grids.Elementwise(DType.BF16, inputs.Length, 2));
        bench.Launch("activation", "activation_bf16", shape, y, x, count, function);
        bench.Launch("activation", "activation_backward_bf16", shape, dx, dy, x, count, function, 0f);

        double[] stored = x.Read(DType.BF16);
        Assert.Equal([double.PositiveInfinity, 0, double.NaN, double.NaN, stored[4], 0, 20, 0], y.Read(DType.BF16).Select(Unsigned));
        Assert.Equal([1, 0, double.NaN, double.NaN, 1, 0, 1, 0], dx.Read(DType.BF16).Select(Unsigned));
    }

    // Zero of either sign is zero here.
    private static double Unsigned(double value) => value == 0 ? 0 : value;

    private static void AssertWithin(double promised, double expected, double actual, double x)
    {
        double size = Math.Max(Math.Abs(expected), Math.Abs(actual));
        double rounding = size == 0 ? 0 : Math.Pow(2, Math.Max(Math.Floor(Math.Log2(size)), -126) - 8);
        Assert.True(
            Math.Abs(actual - expected) <= rounding + promised,
            FormattableString.Invariant($"at {x:R} the result is {actual:R}, not {expected:R} to {promised:E1} before it is rounded"));
    }
}
