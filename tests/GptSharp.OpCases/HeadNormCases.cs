using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class HeadNormCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one position", 1, 1, new(2), 8),
        Case("3 key heads of 6", 2, 9, new(6, 3), 6),
        Case("one key head of 13", 2, 17, new(4, 1), 13),
        Case("head size 80", 1, 5, new(2, 1), 80),
        Case("head size 96", 1, 3, new(3), 96),
        Case("head size 128", 1, 3, new(2, 1), 128),
        Case("several parts", 3, 71, new(6, 3), 13),

        // One channel is its own norm: only a large epsilon leaves a slope that rounding does not bury.
        Case("head size 1", 2, 5, new(3, 1), 1, epsilon: 0.5),
    ];

    public static OpCase Case(
        string name, int batch, int time, AttentionForm form, int headSize, double epsilon = 1e-5) => new(
        name,
        t => Ops.HeadNorm(t[0], t[1], t[2], form, epsilon),
        Normal((batch, time, (form.HeadCount + (2 * form.KeyHeadCount)) * headSize), 1, deviation: 2),
        Normal(headSize, 2, mean: 1).AsParameter(),
        Normal(headSize, 3, mean: 1).AsParameter());
}
