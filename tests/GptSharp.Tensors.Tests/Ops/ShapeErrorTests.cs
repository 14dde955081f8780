namespace GptSharp.Tensors.Tests.Ops;

/// <summary>An operation that cannot be done names itself, the shapes, and what would fit.</summary>
public sealed class ShapeErrorTests
{
    private static readonly (string Message, Action<Step> Call)[] Cases =
    [
        ("add: the shapes (2, 3) and (3) differ; both operands need the same shape, nothing is broadcast.",
            s => Tensors.Ops.Add(Floats(s, (2, 3)), Floats(s, 3))),
        ("linear: x (2, 3) needs a weight (N, 3), not (4).",
            s => Tensors.Ops.Linear(Floats(s, (2, 3)), Floats(s, 4))),
        ("linear: the bias of a weight (4, 3) has shape (4), not (3).",
            s => Tensors.Ops.Linear(Floats(s, (2, 3)), Floats(s, (4, 3)), Floats(s, 3))),
        ("layernorm: x (2, 3) needs a weight and bias (3), not F32 (2) and none.",
            s => Tensors.Ops.LayerNorm(Floats(s, (2, 3)), Floats(s, 2))),
        ("layernorm: x (2, 3) needs a weight and bias (3), not F32 (3) and F32 (4).",
            s => Tensors.Ops.LayerNorm(Floats(s, (2, 3)), Floats(s, 3), Floats(s, 4))),
        ("attention: qkv (2, 5, 16) is not (B, T, 3 x 2 heads x D).",
            s => Tensors.Ops.Attention(Floats(s, (2, 5, 16)), 2)),
        ("attention: qkv (5, 12) is not (B, T, 3 x 2 heads x D).",
            s => Tensors.Ops.Attention(Floats(s, (5, 12)), 2)),
        ("attention: qkv (2, 5, 18) is not (B, T, (2 + 2 x 1) heads x D).",
            s => Tensors.Ops.Attention(Floats(s, (2, 5, 18)), new AttentionForm(2, 1))),
        ("attention: 2 key heads do not divide 3 query heads.",
            s => Tensors.Ops.Attention(Floats(s, (2, 5, 14)), new AttentionForm(3, 2))),
        ("attention: a window of -1 and a soft cap of 0 are not both 0 or more.",
            s => Tensors.Ops.Attention(Floats(s, (2, 5, 12)), new AttentionForm(2) { Window = -1 })),
        ("attention: a window of 3 and a soft cap of -2 are not both 0 or more.",
            s => Tensors.Ops.Attention(Floats(s, (2, 5, 12)), new AttentionForm(2) { Window = 3, SoftCap = -2 })),
        ("attention: a window of 0 and a soft cap of NaN are not both 0 or more.",
            s => Tensors.Ops.Attention(Floats(s, (2, 5, 12)), new AttentionForm(2) { SoftCap = double.NaN })),
        ("attention: qkv (2, 5, 12) needs document starts (2, 5), not (5).",
            s => Tensors.Ops.Attention(Floats(s, (2, 5, 12)), new AttentionForm(2), s.Input(new int[5], 5))),
        ("cached attention: qkv (1, 2, 16) with 2 heads does not fit caches (1, 8, 8) and (1, 8, 8) and starts (1).",
            s => Tensors.Ops.CachedAttention(
                Floats(s, (1, 2, 16)), Floats(s, (1, 8, 8)), Floats(s, (1, 8, 8)), s.Input(new int[1], 1), new AttentionForm(2, 1))),
        ("cached attention: qkv (1, 2, 16) needs document starts (1, 2), not (1, 8).",
            s => Tensors.Ops.CachedAttention(
                Floats(s, (1, 2, 16)), Floats(s, (1, 8, 4)), Floats(s, (1, 8, 4)), s.Input(new int[1], 1), new AttentionForm(2, 1),
                s.Input(new int[8], (1, 8)))),
        ("embedding: tokens (1, 4) and a table (9, 3) need positions (at least 4, 3), not (3, 3).",
            s => Tensors.Ops.Embedding(s.Input(new int[4], (1, 4)), Floats(s, (9, 3)), Floats(s, (3, 3)))),
        ("embedding: indices have one to three axes, not (1, 1, 1, 2).",
            s => Tensors.Ops.Embedding(s.Input(new int[2], (1, 1, 1, 2)), Floats(s, (9, 3)))),
        ("cross-entropy: logits (2, 8) need 2 targets and a vocabulary of at most 8, not (3) and 8.",
            s => Tensors.Ops.CrossEntropy(Floats(s, (2, 8)), s.Input(new int[3], 3), 8, 1)),
        ("cross-entropy: logits (2, 8) need 2 targets and a vocabulary of at most 8, not (2) and 9.",
            s => Tensors.Ops.CrossEntropy(Floats(s, (2, 8)), s.Input(new int[2], 2), 9, 1)),
        ("dropout: the dropout rate is 1; it must be at least 0 and below 1.",
            s => Tensors.Ops.Dropout(Floats(s, 3), 1, 0)),
        ("add: no signature takes (y: F32 (3), a: F32 (3), b: I32 (3)); accepted: F32 F32 F32; BF16 BF16 BF16; F64 F64 F64.",
            s => Tensors.Ops.Add(Floats(s, 3), s.Input(new int[3], 3))),
        ("scale: the cpu backend does not store F64; use the reference backend.",
            s => Tensors.Ops.Scale(s.Input(new double[3], 3), 2)),
        ("gated unit: x (2, 5) has no two halves; its last axis must be even.",
            s => Tensors.Ops.GatedUnit(Floats(s, (2, 5)), ActivationFunction.Swish)),
        ("soft cap: the cap is 0; it must be a positive number.",
            s => Tensors.Ops.SoftCap(Floats(s, (2, 5)), 0)),
        ("rmsnorm: x (2, 3) needs a weight (3), not F32 (2).",
            s => Tensors.Ops.RMSNorm(Floats(s, (2, 3)), Floats(s, 2))),
        ("head norm: qkv (1, 2, 30) is not (B, T, (4 + 2 x 2) heads x D).",
            s => Tensors.Ops.HeadNorm(Floats(s, (1, 2, 30)), Floats(s, 3), Floats(s, 3), new(4, 2))),
        ("head norm: 2 key heads do not divide 3 query heads.",
            s => Tensors.Ops.HeadNorm(Floats(s, (1, 2, 21)), Floats(s, 3), Floats(s, 3), new(3, 2))),
        ("head norm: heads of 3 channels need weights (3), not F32 (3) and F32 (6).",
            s => Tensors.Ops.HeadNorm(Floats(s, (1, 2, 24)), Floats(s, 3), Floats(s, 6), new(4, 2))),
        ("rope: qkv (1, 2, 18) with heads of 6 channels does not fit a table (2, 5) and starts none.",
            s => Tensors.Ops.Rope(Floats(s, (1, 2, 18)), Floats(s, (2, 5)), new(1), RopePairing.RotateHalf)),
        ("rope: qkv (1, 2, 18) with heads of 6 channels does not fit a table (2, 8) and starts none.",
            s => Tensors.Ops.Rope(Floats(s, (1, 2, 18)), Floats(s, (2, 8)), new(1), RopePairing.RotateHalf)),
        ("rope: qkv (1, 3, 18) with heads of 6 channels does not fit a table (2, 6) and starts none.",
            s => Tensors.Ops.Rope(Floats(s, (1, 3, 18)), Floats(s, (2, 6)), new(1), RopePairing.RotateHalf)),
        ("rope: qkv (2, 2, 18) with heads of 6 channels does not fit a table (2, 6) and starts I32 (3).",
            s => Tensors.Ops.Rope(Floats(s, (2, 2, 18)), Floats(s, (2, 6)), new(1), RopePairing.RotateHalf, s.Input(new int[3], 3))),
        ("Item() reads a tensor of one element, not one of shape (3).",
            s => Floats(s, 3).Item()),
        ("Download got 2 elements of Single for a tensor F32 (3).",
            s => Floats(s, 3).Download<float>(new float[2])),
        ("Upload got 3 elements of Int32 for a tensor F32 (3).",
            s => Floats(s, 3).Upload<int>(new int[3])),
    ];

    public static TheoryData<string> Messages => [.. Cases.Select(shapeCase => shapeCase.Message)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void The_message_is(string message)
    {
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep(StepOptions.Train(0, 0, 0));
        Action<Step> call = Cases.Single(shapeCase => shapeCase.Message == message).Call;

        Assert.Equal(message, Assert.Throws<TensorException>(() => call(step)).Message);
    }

    private static Tensor Floats(Step step, Shape shape) => step.Input(new float[shape.Count], shape);
}
