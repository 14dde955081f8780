using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class AttentionTests : OpConformanceTests<AttentionTests>, IOpCases
{
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one position", batch: 2, time: 1, heads: 2, headSize: 8),
        Case("odd head size 6", 1, 9, 3, 6),
        Case("odd head size 13", 2, 17, 1, 13),
        Case("head size 1", 1, 5, 2, 1),
        Case("head size 80", 1, 33, 1, 80),
        Case("head size 96", 1, 12, 2, 96),
        Case("several query and key tiles", 1, 203, 2, 16),
        Case("powers of two", 2, 64, 2, 32),
        Case("dropout", 2, 19, 2, 5, dropout: 0.25),
        Case("dropout, several tiles", 1, 150, 1, 8, dropout: 0.1),
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

    private static OpCase Case(string name, int batch, int time, int heads, int headSize, double dropout = 0) =>
        new(name, t => Tensors.Ops.Attention(t[0], heads, dropout, site: 6), Normal((batch, time, 3 * heads * headSize), 1))
        {
            Training = dropout > 0,
        };
}
