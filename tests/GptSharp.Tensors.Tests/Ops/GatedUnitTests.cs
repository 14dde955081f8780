using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class GatedUnitTests : OpConformanceTests<GatedUnitTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        .. Enum.GetValues<ActivationFunction>().Select(gate => Case($"{gate}, odd", gate, (3, 5, 2 * 37))),
        Case("one gate", ActivationFunction.Swish, (1, 1, 2)),
        Case("narrow", ActivationFunction.Sigmoid, (300, 2 * 3)),
        Case("one position", ActivationFunction.Swish, (1, 1, 2 * 130)),
        Case("several parts", ActivationFunction.GeluTanh, (133, 2 * 129)),
        new(
            "extremes",
            t => Tensors.Ops.GatedUnit(t[0], ActivationFunction.Swish),
            Given((2, 6), -1000, -30, -1e-2f, 1, -2, 3, 1e-2f, 30, 1000, 1, -2, 3)),
    ];

    [Theory]
    [InlineData(ActivationFunction.Identity, 3)]
    [InlineData(ActivationFunction.Relu, 3)]
    [InlineData(ActivationFunction.GeluErf, 2.9959501)]
    [InlineData(ActivationFunction.Swish, 2.8577224)]
    [InlineData(ActivationFunction.Sigmoid, 0.9525741)]
    public void The_first_half_gates_the_second(ActivationFunction gate, double gateOfThree)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();

        double[] y = Tensors.Ops.GatedUnit(step.Input(new float[] { 3, 3, 10, -100 }, (1, 4)), gate).ToDoubles();

        Assert.Equal(10 * gateOfThree, y[0], 1e-5);
        Assert.Equal(-100 * gateOfThree, y[1], 1e-4);
    }

    private static OpCase Case(string name, ActivationFunction gate, Shape shape) =>
        new(name, t => Tensors.Ops.GatedUnit(t[0], gate), ActivationTests.AwayFromZero(shape, 7));
}
