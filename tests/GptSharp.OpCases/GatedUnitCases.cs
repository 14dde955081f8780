using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class GatedUnitCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        .. Enum.GetValues<ActivationFunction>().Select(gate => Case($"{gate}, odd", gate, (3, 5, 2 * 37))),
        Case("one gate", ActivationFunction.Swish, (1, 1, 2)),
        Case("narrow", ActivationFunction.Sigmoid, (300, 2 * 3)),
        Case("one position", ActivationFunction.Swish, (1, 1, 2 * 130)),
        Case("several parts", ActivationFunction.GeluTanh, (133, 2 * 129)),
        new(
            "extremes",
            t => Ops.GatedUnit(t[0], ActivationFunction.Swish),
            Given((2, 6), -1000, -30, -1e-2f, 1, -2, 3, 1e-2f, 30, 1000, 1, -2, 3)),
    ];

    private static OpCase Case(string name, ActivationFunction gate, Shape shape) =>
        new(name, t => Ops.GatedUnit(t[0], gate), ActivationCases.AwayFromZero(shape, 7));
}
