using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class GradientNormTests : OpConformanceTests<GradientNormCases>
{
    [Theory]
    [MemberData(nameof(Backends))]
    public void The_norm_of_three_and_four_is_five(string backend)
    {
        using var engine = TestBackends.NewEngine(backend);
        using Step step = engine.BeginStep();

        Assert.Equal(5, Tensors.Ops.GradientNorm(step.Input([0f, 3, 0, -4], (2, 2))).Item());
    }

    public static TheoryData<string> Backends => [.. TestBackends.Names, "reference"];
}
