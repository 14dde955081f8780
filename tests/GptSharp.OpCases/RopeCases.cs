using GptSharp.Tensors;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.OpCases;

public sealed class RopeCases : IOpCases
{
    /// <summary>Every pairing.</summary>
    public static IReadOnlyList<RopePairing> Pairings { get; } = Enum.GetValues<RopePairing>();

    /// <inheritdoc/>
    public static IReadOnlyList<OpCase> Cases { get; } =
    [
        .. Pairings.SelectMany(pairing => (OpCase[])
        [
            Case($"{pairing}, one position", pairing, 1, 1, new(2), 2, 2),
            Case($"{pairing}, 3 key heads of 6", pairing, 2, 9, new(6, 3), 6, 6),
            Case($"{pairing}, 12 of 13 channels", pairing, 2, 7, new(4, 1), 13, 12),
            Case($"{pairing}, 20 of 80 channels", pairing, 1, 5, new(2, 1), 80, 20),
            Case($"{pairing}, head size 96", pairing, 1, 3, new(3), 96, 96),
            Case($"{pairing}, head size 128", pairing, 1, 3, new(2, 1), 128, 128),
            Case($"{pairing}, 522 of 523 channels", pairing, 1, 3, new(2, 1), 523, 522),
            Case($"{pairing}, several parts", pairing, 3, 71, new(6, 3), 13, 10),
            new(
                $"{pairing}, starts, some beyond the table",
                t => Ops.Rope(t[0], t[1], new(2, 1), pairing, t[2]),
                Normal((3, 5, 4 * 6), 1),
                Table(8, 6),
                Indices(3, 0, 3, 5)),
        ]),
    ];

    /// <summary>(positions, rotated): cosines and sines of the angles p 100^(-2i/R).</summary>
    public static OpInput Table(int positions, int rotated)
    {
        IEnumerable<float> Row(int position)
        {
            double[] angles = [.. Enumerable.Range(0, rotated / 2).Select(i => position * Math.Pow(100, -2.0 * i / rotated))];
            return angles.Select(Math.Cos).Concat(angles.Select(Math.Sin)).Select(value => (float)value);
        }

        return Given((positions, rotated), [.. Enumerable.Range(0, positions).SelectMany(Row)]).AsStatistics();
    }

    private static OpCase Case(
        string name, RopePairing pairing, int batch, int time, AttentionForm form, int headSize, int rotated) => new(
        name,
        t => Ops.Rope(t[0], t[1], form, pairing),
        Normal((batch, time, (form.HeadCount + (2 * form.KeyHeadCount)) * headSize), 1),
        Table(time + 2, rotated));
}
