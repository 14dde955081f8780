using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class SoftCapTests : OpConformanceTests<SoftCapCases>
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_cap_that_is_no_bound_is_refused(double cap)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();

        Assert.Throws<TensorException>(() => Tensors.Ops.SoftCap(step.Input(new float[3], 3), cap));
    }
}
