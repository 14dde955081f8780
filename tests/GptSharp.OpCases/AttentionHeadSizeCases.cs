using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.OpCases.AttentionCases;

namespace GptSharp.OpCases;

/// <summary>Attention with heads of all sizes: kernels of their own take 64 and 128 channels.</summary>
public sealed class AttentionHeadSizeCases : IOpCases
{
    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("odd head size 6", 1, 9, 3, 6),
        Case("odd head size 13", 2, 17, 1, 13),
        Case("head size 1", 1, 5, 2, 1),
        Case("head size 80", 1, 33, 1, 80),
        Case("head size 96", 1, 12, 2, 96),
        Case("head size 128", 1, 10, 1, 128),
        Case("head size 64, two tiles", 2, 100, new AttentionForm(2, 1), 64),
        Case("head size 64, dropout", 1, 72, 2, 64, dropout: 0.1),
        Case("head size 64, window and documents", 1, 150, new AttentionForm(2) { Window = 37 }, 64, documents: true),
        Case("head size 64, everything", 1, 72, AttentionMaskCases.Everything with { Window = 30 }, 64, documents: true, dropout: 0.2),
        Case("head size 64, long", 1, 515, 1, 64),
        Case("head size 64, long, window", 1, 515, new AttentionForm(1) { Window = 100 }, 64),
        Case("head size 128, two tiles", 1, 135, new AttentionForm(2, 1), 128),
        Case("head size 128, dropout", 1, 72, 1, 128, dropout: 0.1),
        Case("head size 128, window", 1, 135, new AttentionForm(1) { Window = 37 }, 128),
        Case("head size 128, everything", 1, 72, new AttentionForm(3) { Window = 30, SoftCap = 2.5, Alibi = true }, 128, documents: true, dropout: 0.2),
        Case("head size 200", 1, 40, 1, 200),
    ];
}
