using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class EmbeddingTests : OpConformanceTests<EmbeddingCases>
{
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
