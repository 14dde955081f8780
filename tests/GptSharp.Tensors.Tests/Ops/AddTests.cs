using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class AddTests : OpConformanceTests<AddTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("odd", t => Tensors.Ops.Add(t[0], t[1]), Normal(1003, 1), Normal(1003, 2)),
        new("several chunks", t => Tensors.Ops.Add(t[0], t[1]), Normal((3, 40_001), 1), Normal((3, 40_001), 2)),
        new("a parameter", t => Tensors.Ops.Add(t[0], t[1]), Normal((3, 70), 1), Normal((3, 70), 2).AsParameter()),
        new("a tensor and itself", t => Tensors.Ops.Add(t[0], t[0]), Normal(77, 1)),
        new(
            "a gradient that is shared and then added to",
            t =>
            {
                Tensor x = Tensors.Ops.Scale(t[0], 3);
                Tensor y = Tensors.Ops.Add(x, Tensors.Ops.Gelu(x));
                return Tensors.Ops.Add(y, Tensors.Ops.Add(x, t[1]));
            },
            Normal((4, 9), 1),
            Normal((4, 9), 2)),
    ];

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
