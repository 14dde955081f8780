using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class GradientNormCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one element", 1),
        Case("odd size", 37),
        Case("several parts", (51, 1300)),
    ];

    private static OpCase Case(string name, Shape shape) =>
        new(name, t => Ops.GradientNorm(t[0]), Normal(shape, 1)) { Differentiable = false };
}
