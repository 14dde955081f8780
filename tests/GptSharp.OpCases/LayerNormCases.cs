using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class LayerNormCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one position", (1, 1, 32)),
        Case("odd", (7, 37)),
        Case("narrow", (300, 3)),
        Case("several parts", (3, 111, 130)),
        Case("wide", (2, 1031)),
        Case("384 channels", (5, 384)),
        Case("768 channels", (3, 768)),
        Case("1024 channels", (2, 1024)),
        Case("1280 channels", (3, 1280)),
        Case("6160 channels", (3, 6160)), // two rows do not fit into the shared memory of some devices
        Case("small beside epsilon", (9, 21), deviation: 0.02, mean: 0, epsilon: 0.5),
        Case("large", (9, 21), deviation: 1e4, mean: 1e4),
        new(
            "no bias",
            t => Ops.LayerNorm(t[0], t[1]),
            Normal((9, 21), 1, mean: 3),
            Normal(21, 2, mean: 1).AsParameter()),
    ];

    public static OpCase Case(string name, Shape shape, double deviation = 2, double mean = 1, double epsilon = 1e-5) => new(
        name,
        t => Ops.LayerNorm(t[0], t[1], t[2], epsilon),
        Normal(shape, 1, deviation, mean),
        Normal(shape.Last, 2, mean: 1).AsParameter(),
        Normal(shape.Last, 3).AsParameter());
}
