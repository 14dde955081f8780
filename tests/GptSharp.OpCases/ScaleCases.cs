using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class ScaleCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("odd", t => Ops.Scale(t[0], -2.5), Normal(1003, 1)),
        new("several chunks", t => Ops.Scale(t[0], 0.125), Normal((5, 40_001), 1)),
    ];
}
