using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

/// <summary>Attention over sequences of all lengths, with shared keys and with dropout.</summary>
public sealed class AttentionCases : IOpCases
{
    // Where documents begin; one of them is a single token, one begins on a tile.
    private static readonly int[] Documents = [0, 3, 4, 11, 64, 70, 131];

    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        Case("one position", batch: 2, time: 1, heads: 2, headSize: 8),
        Case("several query and key tiles", 1, 147, 2, 16),
        Case("powers of two", 2, 64, 2, 32),
        Case("dropout", 2, 19, 2, 5, dropout: 0.25),
        Case("dropout, several tiles", 1, 150, 1, 8, dropout: 0.1),
        Case("3 key heads of 6", 2, 21, new AttentionForm(6, 3), 6),
        Case("one key head for all", 1, 37, new AttentionForm(4, 1), 13),
        Case("more sharers than parts", 3, 35, new AttentionForm(10, 1), 4),
        Case("shared heads, one position", 2, 1, new AttentionForm(6, 2), 5),
        new("large scores", t => Ops.Attention(t[0], 1), Normal((1, 12, 12), 1, deviation: 12)) { Tolerance = 2e-5 },
    ];

    /// <summary>Where each position's document begins, (B, T).</summary>
    /// <remarks>The second sample's documents begin one position later.</remarks>
    public static int[] DocumentStarts(int batch, int time) =>
    [
        .. from b in Enumerable.Range(0, batch)
           from t in Enumerable.Range(0, time)
           select Documents.Select(first => first == 0 ? 0 : first + b).Last(first => first <= t),
    ];

    /// <summary>A case of plain attention.</summary>
    public static OpCase Case(string name, int batch, int time, int heads, int headSize, double dropout = 0) =>
        Case(name, batch, time, new AttentionForm(heads), headSize, dropout: dropout);

    /// <summary>A case of any form.</summary>
    public static OpCase Case(
        string name, int batch, int time, AttentionForm form, int headSize, bool documents = false, double dropout = 0)
    {
        OpInput qkv = Normal((batch, time, (form.HeadCount + (2 * form.KeyHeadCount)) * headSize), 1);
        OpCase opCase = documents
            ? new(
                name, t => Ops.Attention(t[0], form, t[1], dropout, site: 6), qkv,
                Indices((batch, time), DocumentStarts(batch, time)))
            : new(name, t => Ops.Attention(t[0], form, Tensor.None, dropout, site: 6), qkv);
        return opCase with { Training = dropout > 0 };
    }
}
