using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class CrossEntropyTests : OpConformanceTests<CrossEntropyTests>, IOpCases
{
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
            t => Tensors.Ops.CrossEntropy(t[0], t[1], 9, 4),
            Normal((4, 9), 2, deviation: 40),
            Indices(4, 9, 1)),
        new(
            "a valid count larger than this micro-batch's",
            t => Tensors.Ops.CrossEntropy(t[0], t[1], 9, 400),
            Normal((2, 2, 9), 2),
            Indices((2, 2), 9, 1)),
    ];

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

    private static OpCase Case(string name, int rows, int padded, int vocabulary, OpInput targets, double zLoss = 0) => new(
        name,
        t => Tensors.Ops.CrossEntropy(t[0], t[1], vocabulary, rows, zLoss),
        Normal((rows, padded), 2, deviation: 2),
        targets);
}
