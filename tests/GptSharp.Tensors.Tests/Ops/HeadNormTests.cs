using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class HeadNormTests : OpConformanceTests<HeadNormTests>, IOpCases
{
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

    [Fact]
    public void Values_pass_through_and_every_other_head_has_its_weight_times_unit_length()
    {
        AttentionForm form = new(4, 2);
        const int size = 8, width = 8 * size;
        using Engine engine = TestBackends.NewEngine();
        using Step step = engine.BeginStep();
        float[] x = [.. Normal((3, 1, width), 1, deviation: 5).ToDoubles().Select(value => (float)value)];
        float[] two = [.. Enumerable.Repeat(2f, size)], three = [.. Enumerable.Repeat(3f, size)];

        double[] y = Tensors.Ops.HeadNorm(
            step.Input(x, (3, 1, width)), step.Input(two, size), step.Input(three, size), form, epsilon: 0).ToDoubles();

        for (int head = 0; head < y.Length / size; head++)
        {
            double[] channels = y[(head * size)..((head + 1) * size)];
            double meanSquare = channels.Average(value => value * value);
            switch (head % 8)
            {
                case < 4:
                    Assert.Equal(4, meanSquare, 1e-5);
                    break;
                case < 6:
                    Assert.Equal(9, meanSquare, 1e-5);
                    break;
                default:
                    Assert.Equal(x[(head * size)..((head + 1) * size)], channels.Select(value => (float)value));
                    break;
            }
        }
    }

    private static OpCase Case(
        string name, int batch, int time, AttentionForm form, int headSize, double epsilon = 1e-5) => new(
        name,
        t => Tensors.Ops.HeadNorm(t[0], t[1], t[2], form, epsilon),
        Normal((batch, time, (form.HeadCount + (2 * form.KeyHeadCount)) * headSize), 1, deviation: 2),
        Normal(headSize, 2, mean: 1).AsParameter(),
        Normal(headSize, 3, mean: 1).AsParameter());
}
