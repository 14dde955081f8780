using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class EmbeddingTests : OpConformanceTests<EmbeddingTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        new("one token", t => Tensors.Ops.Embedding(t[0], t[1]), Indices(1, 5, 1), Normal((5, 3), 2).AsParameter()),
        new("repeated tokens", t => Tensors.Ops.Embedding(t[0], t[1]), Indices((4, 50), 7, 1), Normal((7, 33), 2).AsParameter()),
        new("a table with rows that no token names", t => Tensors.Ops.Embedding(t[0], t[1]), Indices(5, 900, 1), Normal((900, 16), 2).AsParameter()),
        new("a large table", t => Tensors.Ops.Embedding(t[0], t[1]), Indices((2, 40), 1100, 1), Normal((1100, 9), 2).AsParameter()),
        new("with positions", t => Tensors.Ops.Embedding(t[0], t[1], t[2]), Indices((3, 11), 17, 1), Normal((17, 21), 2).AsParameter(), Normal((11, 21), 3).AsParameter()),
        new("with more positions than the sequence is long", t => Tensors.Ops.Embedding(t[0], t[1], t[2]), Indices((2, 6), 9, 1), Normal((9, 8), 2).AsParameter(), Normal((16, 8), 3).AsParameter()),
        new("tokens that come back often, rows of whole packs", t => Tensors.Ops.Embedding(t[0], t[1]), Indices((4, 100), 5, 1), Normal((5, 264), 2).AsParameter()),
        new("more sequences than one block takes", t => Tensors.Ops.Embedding(t[0], t[1], t[2]), Indices((19, 3), 40, 1), Normal((40, 16), 2).AsParameter(), Normal((3, 16), 3).AsParameter()),
        new("the table of an activation's rows", t => Tensors.Ops.Embedding(t[0], Tensors.Ops.Scale(t[1], 2)), Indices(3, 8, 1), Normal((2, 4, 5), 2)),
    ];

    [Theory]
    [InlineData(9)]
    [InlineData(-1)]
    public void A_token_outside_the_table_is_refused(int token)
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep();
            Tensor tokens = step.Input([1, token, 2], 3);
            Tensor table = step.Input(new float[18], (9, 2));

            TensorException error = Assert.Throws<TensorException>(() => Tensors.Ops.Embedding(tokens, table).ToDoubles());

            Assert.Equal($"embedding: index {token} at place 1 of (3) is outside 0 ... 8.", error.Message);
        }
    }
}
