using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class LinearTests : OpConformanceTests<LinearCases>
{
    [Fact]
    public void A_weight_that_does_not_fit_is_refused_with_both_shapes()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        Tensor x = step.Input(new float[6], (2, 3));
        Tensor weight = step.Input(new float[8], (2, 4));

        TensorException error = Assert.Throws<TensorException>(() => Tensors.Ops.Linear(x, weight));

        Assert.Equal("linear: x (2, 3) needs a weight (N, 3), not (2, 4).", error.Message);
    }
}
