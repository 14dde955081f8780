using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class LinearCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one element", 1, 1, 1, bias: true),
        Case("one row", 1, 37, 19, bias: true),
        Case("odd sizes", 13, 7, 5, bias: true),
        Case("no bias", 13, 7, 5, bias: false),
        Case("several tiles", 150, 70, 99, bias: true),
        Case("many rows, few columns", 515, 33, 3, bias: true),
        Case("a sum of several chunks", 20, 700, 9, bias: true),
        Case("a small weight of many rows", 1201, 21, 13, bias: true),
        Case("three rows", 3, 40, 19, bias: true),
        Case("whole packs of 16 bytes", 150, 72, 136, bias: true),
        Case("a small weight, its gradient summed in slices", 1100, 24, 16, bias: true),
        Case("a vocabulary of 257", 6, 48, 257, bias: false),
        new("three axes", t => Ops.Linear(t[0], t[1], t[2]), Normal((2, 3, 8), 1), Normal((4, 8), 2).AsParameter(), Normal(4, 3).AsParameter()),
        Residual("residual, odd sizes", 13, 7, 5),
        Residual("residual, one row", 1, 37, 19),
        Residual("residual, several tiles and chunks", 150, 530, 99),
        new("residual, no bias", t => Ops.Linear(t[0], t[1], residual: t[2]), Normal((5, 6), 1), Normal((4, 6), 2).AsParameter(), Normal((5, 4), 3)),
        new("residual that is x", t => Ops.Linear(t[0], t[1], residual: t[0]), Normal((5, 6), 1), Normal((6, 6), 2).AsParameter()),
        new("residual read again", t => Ops.Add(Ops.Linear(t[0], t[1], residual: t[2]), t[2]), Normal((5, 6), 1), Normal((4, 6), 2).AsParameter(), Normal((5, 4), 3)),
        new("weight used twice", t => Ops.Linear(Ops.Linear(t[0], t[1]), t[1]), Normal((5, 6), 1), Normal((6, 6), 2).AsParameter()),
    ];

    private static OpCase Residual(string name, int rows, int inputs, int outputs) => new(
        name, t => Ops.Linear(t[0], t[1], t[2], t[3]), Normal((rows, inputs), 1), Normal((outputs, inputs), 2).AsParameter(),
        Normal(outputs, 3).AsParameter(), Normal((rows, outputs), 4));

    private static OpCase Case(string name, int rows, int inputs, int outputs, bool bias) => bias
        ? new(name, t => Ops.Linear(t[0], t[1], t[2]), Normal((rows, inputs), 1), Normal((outputs, inputs), 2).AsParameter(), Normal(outputs, 3).AsParameter())
        : new(name, t => Ops.Linear(t[0], t[1]), Normal((rows, inputs), 1), Normal((outputs, inputs), 2).AsParameter());
}
