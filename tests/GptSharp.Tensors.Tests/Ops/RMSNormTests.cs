using GptSharp.OpCases;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class RMSNormTests : OpConformanceTests<RMSNormCases>
{
    [Fact]
    public void A_row_that_is_scaled_gives_the_same_output()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = Normal((5, 77), 1).Enter(step, DType.F32), weight = Normal(77, 2).Enter(step, DType.F32);

        double[] y = Tensors.Ops.RMSNorm(x, weight, epsilon: 0).ToDoubles();
        double[] scaled = Tensors.Ops.RMSNorm(Tensors.Ops.Scale(x, 16), weight, epsilon: 0).ToDoubles();

        Assert.All(y.Zip(scaled), pair => Assert.Equal(pair.First, pair.Second, 1e-6 * (1 + Math.Abs(pair.First))));
    }
}
