using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class LayerNormTests : OpConformanceTests<LayerNormTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one row", 1, 32),
        Case("odd", 7, 37),
        Case("narrow", 300, 3),
        Case("several chunks", 333, 130),
        new(
            "no bias",
            t => Tensors.Ops.LayerNorm(t[0], t[1]),
            Normal((9, 21), 1, mean: 3),
            Normal(21, 2, mean: 1).AsParameter()),
    ];

    private static OpCase Case(string name, int rows, int channels) => new(
        name,
        t => Tensors.Ops.LayerNorm(t[0], t[1], t[2]),
        Normal((rows, channels), 1, deviation: 2, mean: 1),
        Normal(channels, 2, mean: 1).AsParameter(),
        Normal(channels, 3).AsParameter());
}
