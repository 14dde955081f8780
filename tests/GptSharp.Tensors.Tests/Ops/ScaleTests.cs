using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class ScaleTests : OpConformanceTests<ScaleTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("odd", t => Tensors.Ops.Scale(t[0], -2.5), Normal(1003, 1)),
        new("several chunks", t => Tensors.Ops.Scale(t[0], 0.125), Normal((5, 40_001), 1)),
    ];
}
