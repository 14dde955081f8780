using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class AddTests : OpConformanceTests<AddCases>
{
    [Fact]
    public void Different_shapes_are_refused()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();

        TensorException error = Assert.Throws<TensorException>(
            () => Tensors.Ops.Add(step.Input(new float[6], (2, 3)), step.Input(new float[6], (3, 2))));

        Assert.Equal("add: the shapes (2, 3) and (3, 2) differ; both operands need the same shape, nothing is broadcast.", error.Message);
    }
}
