using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class GatedUnitTests : OpConformanceTests<GatedUnitCases>
{
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
}
