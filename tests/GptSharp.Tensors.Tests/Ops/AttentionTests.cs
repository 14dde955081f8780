using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class AttentionTests : OpConformanceTests<AttentionCases>
{
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
}
