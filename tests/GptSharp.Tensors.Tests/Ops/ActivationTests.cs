using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class ActivationTests : OpConformanceTests<ActivationTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("tanh, one", GeluForm.Tanh, 1),
        Case("tanh, odd", GeluForm.Tanh, 1003),
        Case("tanh, several chunks", GeluForm.Tanh, 40_001),
        Case("erf, one", GeluForm.Erf, 1),
        Case("erf, odd", GeluForm.Erf, 1003),
        Case("erf, several chunks", GeluForm.Erf, 40_001),
        new("tanh, extremes", t => Tensors.Ops.Gelu(t[0]), Given(8, -30, -6, -1e-4f, 0, 1e-4f, 1, 6, 30)),
        new("erf, extremes", t => Tensors.Ops.Gelu(t[0], GeluForm.Erf), Given(8, -30, -6, -1e-4f, 0, 1e-4f, 1, 6, 30)),
    ];

    private static OpCase Case(string name, GeluForm form, int count) =>
        new(name, t => Tensors.Ops.Gelu(t[0], form), Normal(count, 7, deviation: 2));
}
