using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class CrossEntropyTests : OpConformanceTests<CrossEntropyCases>
{
    [Fact]
    public void Equal_logits_cost_the_logarithm_of_the_vocabulary()
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep();
            Tensor logits = step.Input(new float[3 * 64], (3, 64));

            Tensor loss = Tensors.Ops.CrossEntropy(logits, step.Input([0, 5, 49], 3), vocabularySize: 50, validCount: 3);

            Assert.Equal(Math.Log(50), loss.Item(), 1e-6);
        }
    }

    [Fact]
    public void The_z_loss_of_equal_logits_is_the_square_of_their_logarithm_of_the_sum()
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep();
            Tensor logits = step.Input([.. Enumerable.Repeat(3f, 2 * 64)], (2, 64));

            // One of the two rows is scored.
            Tensor loss = Tensors.Ops.CrossEntropy(logits, step.Input([5, -1], 2), vocabularySize: 50, validCount: 1, zLoss: 0.25);

            double logSumExp = 3 + Math.Log(50);
            Assert.Equal(Math.Log(50) + (0.25 * logSumExp * logSumExp), loss.Item(), 1e-5);
        }
    }

    [Fact]
    public void A_target_in_the_padding_is_refused()
    {
        foreach (string backend in TestBackends.Names.Append("reference"))
        {
            using var engine = TestBackends.NewEngine(backend);
            using Step step = engine.BeginStep();
            Tensor logits = step.Input(new float[64], (1, 64));

            // A device tells when it is asked for the loss.
            TensorException error = Assert.Throws<TensorException>(
                () => Tensors.Ops.CrossEntropy(logits, step.Input([50], 1), vocabularySize: 50, validCount: 1).Item());

            Assert.Equal("cross-entropy: index 50 at place 0 of (1) is outside 0 ... 49.", error.Message);
        }
    }
}
