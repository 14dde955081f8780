using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class RMSNormCases : IOpCases
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

        // One channel is its own norm: only a large epsilon leaves a slope that rounding does not bury.
        Case("one channel", (9, 1), epsilon: 0.5),
        Case("small beside epsilon", (9, 21), deviation: 0.02, epsilon: 0.5),
        Case("large", (9, 21), deviation: 1e4),
    ];

    public static OpCase Case(string name, Shape shape, double deviation = 2, double epsilon = 1e-5) => new(
        name,
        t => Ops.RMSNorm(t[0], t[1], epsilon),
        Normal(shape, 1, deviation),
        Normal(shape.Last, 2, mean: 1).AsParameter());
}
