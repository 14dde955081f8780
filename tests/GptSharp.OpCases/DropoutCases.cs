using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class DropoutCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("odd samples", t => Ops.Dropout(t[0], 0.3, site: 2), Normal((3, 7, 11), 1)) { Training = true },
        new("several chunks", t => Ops.Dropout(t[0], 0.1, site: 9), Normal((2, 40_001), 1)) { Training = true },
        new("one element", t => Ops.Dropout(t[0], 0.1, site: 1), Normal((1, 1), 1)) { Training = true },
        new("narrow samples", t => Ops.Dropout(t[0], 0.5, site: 1), Normal((37, 3), 1)) { Training = true },
        new("off outside training", t => Ops.Scale(Ops.Dropout(t[0], 0.9, site: 2), 1), Normal((3, 7), 1)),
    ];
}
