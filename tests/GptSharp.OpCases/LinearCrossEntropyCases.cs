using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class LinearCrossEntropyCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("several pieces and a rest", 75, 20, 96, 90, 32, Indices(75, 90, 1)),
        Case("one row", 1, 7, 5, 5, 32, Indices(1, 5, 1)),
        Case("one piece, padded vocabulary", 12, 8, 64, 37, 1000, Indices(12, 37, 1)),
        Case("a width that no vector divides", 70, 13, 67, 67, 20, Indices(70, 67, 1)),
        Case("ignored targets, the whole of a piece among them", 70, 6, 16, 16, 32, Ignored(70, 16)),
        Case("z-loss", 40, 8, 64, 37, 32, Indices(40, 37, 1), zLoss: 0.1),
        Case("a cap", 40, 8, 64, 37, 32, Indices(40, 37, 1), cap: 2.5),
        Case("a cap, z-loss and ignored targets", 70, 6, 64, 37, 32, Ignored(70, 37), cap: 3, zLoss: 0.01),
        new(
            "x and weight read elsewhere, too, a valid count of the whole batch",
            t => Ops.Add(
                Ops.LinearCrossEntropy(t[0], t[1], t[2], 37, 400, 32),
                Ops.CrossEntropy(Ops.Linear(t[0], t[1]), t[2], 37, 100)),
            Normal((2, 20, 8), 1),
            Normal((64, 8), 2).AsParameter(),
            Indices((2, 20), 37, 1)),
    ];

    /// <summary>Targets of which a seventh is ignored, and all from row 31 to 65.</summary>
    public static OpInput Ignored(int rows, int vocabulary) => Indices(
        rows, [.. Enumerable.Range(0, rows).Select(i => i is > 30 and < 66 || i % 7 == 2 ? Ops.IgnoredTarget : 5 * i % vocabulary)]);

    private static OpCase Case(
        string name, int rows, int width, int padded, int vocabulary, int rowsAtOnce, OpInput targets, double cap = 0, double zLoss = 0) => new(
        name,
        t => Ops.LinearCrossEntropy(t[0], t[1], t[2], vocabulary, rows, rowsAtOnce, cap, zLoss),
        Normal((rows, width), 1),
        Normal((padded, width), 2).AsParameter(),
        targets);
}
