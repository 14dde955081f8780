using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class AddCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("odd", t => Ops.Add(t[0], t[1]), Normal(1003, 1), Normal(1003, 2)),
        new("several chunks", t => Ops.Add(t[0], t[1]), Normal((3, 40_001), 1), Normal((3, 40_001), 2)),
        new("a parameter", t => Ops.Add(t[0], t[1]), Normal((3, 70), 1), Normal((3, 70), 2).AsParameter()),
        new("a tensor and itself", t => Ops.Add(t[0], t[0]), Normal(77, 1)),
        new(
            "a gradient that is shared and then added to",
            t =>
            {
                Tensor x = Ops.Scale(t[0], 3);
                Tensor y = Ops.Add(x, Ops.Gelu(x));
                return Ops.Add(y, Ops.Add(x, t[1]));
            },
            Normal((4, 9), 1),
            Normal((4, 9), 2)),
    ];
}
