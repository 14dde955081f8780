using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class GradientNormTests : OpConformanceTests<GradientNormTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one element", 1),
        Case("odd size", 37),
        Case("several parts", (51, 1300)),
    ];

    [Theory]
    [MemberData(nameof(Backends))]
    public void The_norm_of_three_and_four_is_five(string backend)
    {
        using var engine = TestBackends.NewEngine(backend);
        using Step step = engine.BeginStep();

        Assert.Equal(5, Tensors.Ops.GradientNorm(step.Input([0f, 3, 0, -4], (2, 2))).Item());
    }

    public static TheoryData<string> Backends => [.. TestBackends.Names, "reference"];

    private static OpCase Case(string name, Shape shape) =>
        new(name, t => Tensors.Ops.GradientNorm(t[0]), Normal(shape, 1)) { Differentiable = false };
}
