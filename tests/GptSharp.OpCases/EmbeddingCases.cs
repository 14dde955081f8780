using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class EmbeddingCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("one token", t => Ops.Embedding(t[0], t[1]), Indices(1, 5, 1), Normal((5, 3), 2).AsParameter()),
        new("repeated tokens", t => Ops.Embedding(t[0], t[1]), Indices((4, 50), 7, 1), Normal((7, 33), 2).AsParameter()),
        new("a table with rows that no token names", t => Ops.Embedding(t[0], t[1]), Indices(5, 900, 1), Normal((900, 16), 2).AsParameter()),
        new("a large table", t => Ops.Embedding(t[0], t[1]), Indices((2, 40), 1100, 1), Normal((1100, 9), 2).AsParameter()),
        new("with positions", t => Ops.Embedding(t[0], t[1], t[2]), Indices((3, 11), 17, 1), Normal((17, 21), 2).AsParameter(), Normal((11, 21), 3).AsParameter()),
        new("with more positions than the sequence is long", t => Ops.Embedding(t[0], t[1], t[2]), Indices((2, 6), 9, 1), Normal((9, 8), 2).AsParameter(), Normal((16, 8), 3).AsParameter()),
        new("tokens that come back often, rows of whole packs", t => Ops.Embedding(t[0], t[1]), Indices((4, 100), 5, 1), Normal((5, 264), 2).AsParameter()),
        new("more sequences than one block takes", t => Ops.Embedding(t[0], t[1], t[2]), Indices((19, 3), 40, 1), Normal((40, 16), 2).AsParameter(), Normal((3, 16), 3).AsParameter()),
        new("the table of an activation's rows", t => Ops.Embedding(t[0], Ops.Scale(t[1], 2)), Indices(3, 8, 1), Normal((2, 4, 5), 2)),
    ];
}
