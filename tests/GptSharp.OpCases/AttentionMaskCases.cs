using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.OpCases.AttentionCases;

namespace GptSharp.OpCases;

/// <summary>Attention that leaves out keys, or changes scores: windows, documents, soft caps, ALiBi, and everything together.</summary>
public sealed class AttentionMaskCases : IOpCases
{
    // Twelve heads are no power of two, so ALiBi has both of its series.
    internal static readonly AttentionForm Everything = new(12, 4) { Window = 9, SoftCap = 2.5, Alibi = true };

    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
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
    ];
}
