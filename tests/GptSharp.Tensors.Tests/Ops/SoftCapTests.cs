using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class SoftCapTests : OpConformanceTests<SoftCapTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one", 30, 1, deviation: 20),
        Case("around the bound", 30, (17, 59), deviation: 30),
        Case("far inside", 50, (3, 257), deviation: 0.1),
        Case("several parts", 2.5, (3, 8191), deviation: 2),
        new("extremes", t => Tensors.Ops.SoftCap(t[0], 30), Given(8, -600, -90, -30, -1e-3f, 1e-3f, 30, 90, 600)),
    ];

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

    private static OpCase Case(string name, double cap, Shape shape, double deviation) =>
        new(name, t => Tensors.Ops.SoftCap(t[0], cap), Normal(shape, 7, deviation));
}
