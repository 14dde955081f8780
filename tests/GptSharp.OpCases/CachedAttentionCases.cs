using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class CachedAttentionCases : IOpCases
{
    /// <summary>All that is done to scores.</summary>
    public static AttentionForm Everything { get; } = new(6, 2) { Window = 70, SoftCap = 2.5, Alibi = true };

    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one new position each", batch: 3, added: 1, capacity: 16, new AttentionForm(2), headSize: 8, 0, 7, 15),
        Case("a prompt into an empty cache", 2, 9, 16, new AttentionForm(3), 6, 0, 0),
        Case("a chunk after different lengths", 2, 5, 80, new AttentionForm(2), 13, 3, 70),
        Case("3 key heads of 6, one new position", 3, 1, 80, new AttentionForm(6, 3), 6, 0, 7, 79),
        Case("one key head, a chunk", 2, 11, 80, new AttentionForm(4, 1), 13, 3, 66),
        Case("window of one", 3, 1, 80, new AttentionForm(2) { Window = 1 }, 6, 0, 63, 64),
        Case("window, one new position", 3, 1, 110, new AttentionForm(2) { Window = 40 }, 6, 0, 100, 109),
        Case("window, a chunk", 2, 20, 110, new AttentionForm(1) { Window = 40 }, 80, 9, 90),
        Case("soft cap", 2, 2, 80, new AttentionForm(2) { SoftCap = 1.5 }, 6, 0, 70),
        Case("ALiBi", 2, 2, 80, new AttentionForm(3) { Alibi = true }, 6, 0, 70),
        Case("everything, one new position", 2, 1, 100, Everything, 96, 63, 99),
        Case("everything, a chunk", 2, 20, 160, Everything, 6, 0, 140),
    ];

    // Only the combinations of everything have documents: theirs begin some keys back, at the position itself, and in between.
    public static OpCase Case(
        string name, int batch, int added, int capacity, AttentionForm form, int headSize, params int[] starts)
    {
        bool hasDocuments = form.Equals(Everything);
        int keyWidth = form.KeyHeadCount * headSize;
        OpInput[] inputs =
        [
            Normal((batch, added, (form.HeadCount * headSize) + (2 * keyWidth)), 1),
            Normal((batch, capacity, keyWidth), 2),
            Normal((batch, capacity, keyWidth), 3),
            Indices(batch, starts),
            Indices((batch, added), [.. starts.SelectMany(s => Enumerable.Range(s, added).Select(p => Math.Max(0, p - (p % 7 * 11))))]),
        ];
        return new OpCase(
            name,
            t => Ops.CachedAttention(t[0], t[1], t[2], t[3], form, hasDocuments ? t[4] : Tensor.None),
            hasDocuments ? inputs : inputs[..4])
        {
            Differentiable = false,
        };
    }
}
