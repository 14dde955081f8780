using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class ActivationTests
{
    private static readonly double[] Extremes = [-1e30, -1000, -88, -30, -12, -5.5, -1e-3, -1e-30, 0, 1e-30, 1e-3, 5.5, 12, 30, 88, 1000, 1e30, double.NaN];

    public static TheoryData<ActivationFunction, DType, int> Cases => new(
        from function in Enum.GetValues<ActivationFunction>()
        from type in (DType[])[DType.F32, DType.BF16]
        from count in (int[])[8192, 4133]
        select (function, type, count));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Values_are_those_of_float64_and_every_byte_moves_once(ActivationFunction function, DType type, int count)
    {
        using KernelBench bench = new();
        DeviceBuffer x = Inputs(bench, type, count), y = bench.Output(type, count, "y");

        LaunchCounters counters = bench.Launch(
            "activation", "activation" + type.Suffix(), Grids.Elementwise(type, count, 2), y, x, (long)count, (int)function);

        Stored.AssertClose(type, Array.ConvertAll(x.Read(type), v => Value(function, v)), y.Read(type), Relative(function, type), size: 0.5);
        counters.AssertStreams(2L * type.Size() * count);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Slopes_are_those_of_float64_and_every_byte_moves_once(ActivationFunction function, DType type, int count)
    {
        using KernelBench bench = new();
        DeviceBuffer x = Inputs(bench, type, count), dy = bench.Normal(type, count, "dy"), dx = bench.Output(type, count, "dx");
        string kernel = "activation_backward" + type.Suffix();

        LaunchCounters counters = bench.Launch(
            "activation", kernel, Grids.Elementwise(type, count, 2), dx, dy, x, (long)count, (int)function, 0f);

        double[] slopes = Array.ConvertAll(x.Read(type), v => Slope(function, v));
        double[] expected = [.. dy.Read(type).Zip(slopes, (upstream, slope) => upstream * slope)], first = dx.Read(type);
        Stored.AssertClose(type, expected, first, Relative(function, type), size: 2);
        counters.AssertStreams(3L * type.Size() * count);

        LaunchCounters added = bench.Launch(
            "activation", kernel, Grids.Elementwise(type, count, 2), dx, dy, x, (long)count, (int)function, 0.5f);

        Stored.AssertClose(type, [.. expected.Zip(first, (value, old) => value + (0.5 * old))], dx.Read(type), Relative(function, type), size: 2);
        added.AssertStreams(4L * type.Size() * count);
    }

    // GELU by way of erf has a shorter form for BF16 (measured more closely by GeluBf16Tests).
    private static double Relative(ActivationFunction function, DType type) =>
        function == ActivationFunction.GeluErf && type == DType.BF16 ? 1e-4 : 3e-6;

    private static DeviceBuffer Inputs(KernelBench bench, DType type, int count)
    {
        var random = new Random(3);
        return bench.Given(type, [.. Extremes, .. Enumerable.Range(0, count - Extremes.Length).Select(_ => 16 * (random.NextDouble() - 0.5))], "x");
    }

    private static double Value(ActivationFunction function, double x) => function switch
    {
        ActivationFunction.Identity => x,
        ActivationFunction.Sigmoid => Sigmoid(x),
        ActivationFunction.Relu => double.IsNaN(x) ? x : Math.Max(x, 0),
        ActivationFunction.Swish => x * Sigmoid(x),
        ActivationFunction.GeluTanh => x * Sigmoid(2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))),
        _ => x * NormalOracle.Cumulative(x),
    };

    private static double Slope(ActivationFunction function, double x)
    {
        switch (function)
        {
            case ActivationFunction.Identity:
                return 1;
            case ActivationFunction.Sigmoid:
                return Sigmoid(x) * Sigmoid(-x);
            case ActivationFunction.Relu:
                return x > 0 ? 1 : 0;
            case ActivationFunction.Swish:
                return Sigmoid(x) * (1 + (x * Sigmoid(-x)));
            case ActivationFunction.GeluTanh when Math.Abs(x) > 100:
                return x > 0 ? 1 : 0;
            case ActivationFunction.GeluTanh:
                double root = 2 * Math.Sqrt(2 / Math.PI), u = root * (x + (0.044715 * x * x * x));
                return Sigmoid(u) + (x * Sigmoid(u) * Sigmoid(-u) * root * (1 + (3 * 0.044715 * x * x)));
            case ActivationFunction.GeluErf when Math.Abs(x) > 100:
                return x > 0 ? 1 : 0;
            default:
                return NormalOracle.Cumulative(x) + (x * Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI));
        }
    }

    private static double Sigmoid(double x) => x < 0 ? Math.Exp(x) / (1 + Math.Exp(x)) : 1 / (1 + Math.Exp(-x));
}
