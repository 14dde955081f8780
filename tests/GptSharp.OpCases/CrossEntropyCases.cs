using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class CrossEntropyCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one row", rows: 1, padded: 5, vocabulary: 5, Indices(1, 5, 1)),
        Case("padded vocabulary", 12, 64, 37, Indices(12, 37, 1)),
        Case("ignored targets", 5, 16, 16, Indices(5, 3, -1, 0, -1, 15)),
        Case("every target ignored", 3, 8, 7, Indices(3, -1, -1, -1)),
        Case("several chunks", 201, 320, 257, Indices(201, 257, 1)),
        Case("few rows of a vocabulary of 50257", 3, 50304, 50257, Indices(3, 50256, -1, 11)),
        Case("z-loss", 12, 64, 37, Indices(12, 37, 1), zLoss: 0.1),
        Case("z-loss and ignored targets", 5, 16, 16, Indices(5, 3, -1, 0, -1, 15), zLoss: 1e-4),
        Case("z-loss of a vocabulary of 257", 30, 257, 257, Indices(30, 257, 1), zLoss: 0.01),
        new(
            "large logits",
            t => Ops.CrossEntropy(t[0], t[1], 9, 4),
            Normal((4, 9), 2, deviation: 40),
            Indices(4, 9, 1)),
        new(
            "a valid count larger than this micro-batch's",
            t => Ops.CrossEntropy(t[0], t[1], 9, 400),
            Normal((2, 2, 9), 2),
            Indices((2, 2), 9, 1)),
    ];

    public static OpCase Case(string name, int rows, int padded, int vocabulary, OpInput targets, double zLoss = 0) => new(
        name,
        t => Ops.CrossEntropy(t[0], t[1], vocabulary, rows, zLoss),
        Normal((rows, padded), 2, deviation: 2),
        targets);
}
