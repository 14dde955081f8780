using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class AttentionTests : OpConformanceTests<AttentionTests>, IOpCases
{
    // Where documents begin; one of them is a single token, one begins on a tile.
    private static readonly int[] Documents = [0, 3, 4, 11, 64, 70, 131];

    // Twelve heads are no power of two, so ALiBi has both of its series.
    private static readonly AttentionForm Everything = new(12, 4) { Window = 9, SoftCap = 2.5, Alibi = true };

    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one position", batch: 2, time: 1, heads: 2, headSize: 8),
        Case("odd head size 6", 1, 9, 3, 6),
        Case("odd head size 13", 2, 17, 1, 13),
        Case("head size 1", 1, 5, 2, 1),
        Case("head size 80", 1, 33, 1, 80),
        Case("head size 96", 1, 12, 2, 96),
        Case("head size 128", 1, 10, 1, 128),
        Case("several query and key tiles", 1, 147, 2, 16),
        Case("powers of two", 2, 64, 2, 32),
        Case("dropout", 2, 19, 2, 5, dropout: 0.25),
        Case("dropout, several tiles", 1, 150, 1, 8, dropout: 0.1),
        Case("3 key heads of 6", 2, 21, new AttentionForm(6, 3), 6),
        Case("one key head for all", 1, 37, new AttentionForm(4, 1), 13),
        Case("more sharers than parts", 3, 35, new AttentionForm(10, 1), 4),
        Case("shared heads, one position", 2, 1, new AttentionForm(6, 2), 5),
        Case("window of one", 1, 19, new AttentionForm(2) { Window = 1 }, 6),
        Case("window of one, several tiles", 1, 100, new AttentionForm(1) { Window = 1 }, 4),
        Case("window inside a tile", 2, 23, new AttentionForm(2) { Window = 5 }, 8),
        Case("window over tiles", 1, 147, new AttentionForm(2, 1) { Window = 37 }, 6),
        Case("window of a tile", 1, 140, new AttentionForm(1) { Window = 64 }, 6),
        Case("window larger than the sequence", 1, 40, new AttentionForm(2) { Window = 41 }, 6),
        Case("soft cap, saturated", 1, 70, new AttentionForm(2) { SoftCap = 0.5 }, 13),
        Case("soft cap, hardly felt", 1, 21, new AttentionForm(2) { SoftCap = 50 }, 6),
        Case("ALiBi, 3 heads", 1, 100, new AttentionForm(3) { Alibi = true }, 6),
        Case("documents", 2, 21, new AttentionForm(2), 6, documents: true),
        Case("documents over tiles", 2, 150, new AttentionForm(2, 1), 5, documents: true),
        Case("everything", 2, 21, Everything, 6, documents: true),
        Case("everything, one position", 2, 1, Everything, 6, documents: true),
        Case("everything, two positions", 1, 2, Everything, 13, documents: true),
        Case("everything, head size 80", 1, 12, Everything, 80, documents: true),
        Case("everything, window over tiles, dropout", 1, 100, Everything with { Window = 70 }, 3, documents: true, dropout: 0.2),
        Case("head size 64, two tiles", 2, 100, new AttentionForm(2, 1), 64),
        Case("head size 64, dropout", 1, 72, 2, 64, dropout: 0.1),
        Case("head size 64, window and documents", 1, 150, new AttentionForm(2) { Window = 37 }, 64, documents: true),
        Case("head size 64, everything", 1, 72, Everything with { Window = 30 }, 64, documents: true, dropout: 0.2),
        Case("head size 64, long", 1, 515, 1, 64),
        Case("head size 64, long, window", 1, 515, new AttentionForm(1) { Window = 100 }, 64),
        Case("head size 128, two tiles", 1, 135, new AttentionForm(2, 1), 128),
        Case("head size 128, dropout", 1, 72, 1, 128, dropout: 0.1),
        Case("head size 128, window", 1, 135, new AttentionForm(1) { Window = 37 }, 128),
        Case("head size 128, everything", 1, 72, new AttentionForm(3) { Window = 30, SoftCap = 2.5, Alibi = true }, 128, documents: true, dropout: 0.2),
        Case("head size 200", 1, 40, 1, 200),
        new("large scores", t => Tensors.Ops.Attention(t[0], 1), Normal((1, 12, 12), 1, deviation: 12)) { Tolerance = 2e-5 },
    ];

    [Fact]
    public void Width_that_heads_do_not_divide_is_refused()
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();

        TensorException error = Assert.Throws<TensorException>(
            () => Tensors.Ops.Attention(step.Input(new float[24], (1, 2, 12)), 5));

        Assert.Equal("attention: qkv (1, 2, 12) is not (B, T, 3 x 5 heads x D).", error.Message);
    }

    [Theory]
    [InlineData(3, "attention: the document at position 2 of sequence 1 cannot start at 3; 0 ... 2 would do.")]
    [InlineData(-1, "attention: the document at position 2 of sequence 1 cannot start at -1; 0 ... 2 would do.")]
    public void A_document_that_starts_elsewhere_than_before_its_positions_is_refused(int start, string message)
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep();
            Tensor qkv = step.Input(new float[18], (2, 3, 3));
            Tensor documents = step.Input([0, 1, 2, 0, 0, start], (2, 3));

            TensorException error = Assert.Throws<TensorException>(
                () => Tensors.Ops.Attention(qkv, new AttentionForm(1), documents).ToDoubles()); // a GPU says it with its results

            Assert.Equal(message, error.Message);
        }
    }

    // Where each position's document begins. The second sample's documents begin one position later.
    internal static int[] DocumentStarts(int batch, int time) =>
    [
        .. from b in Enumerable.Range(0, batch)
           from t in Enumerable.Range(0, time)
           select Documents.Select(first => first == 0 ? 0 : first + b).Last(first => first <= t),
    ];

    private static OpCase Case(string name, int batch, int time, int heads, int headSize, double dropout = 0) =>
        Case(name, batch, time, new AttentionForm(heads), headSize, dropout: dropout);

    private static OpCase Case(
        string name, int batch, int time, AttentionForm form, int headSize, bool documents = false, double dropout = 0)
    {
        OpInput qkv = Normal((batch, time, (form.HeadCount + (2 * form.KeyHeadCount)) * headSize), 1);
        OpCase opCase = documents
            ? new(
                name, t => Tensors.Ops.Attention(t[0], form, t[1], dropout, site: 6), qkv,
                Indices((batch, time), DocumentStarts(batch, time)))
            : new(name, t => Tensors.Ops.Attention(t[0], form, Tensor.None, dropout, site: 6), qkv);
        return opCase with { Training = dropout > 0 };
    }
}
