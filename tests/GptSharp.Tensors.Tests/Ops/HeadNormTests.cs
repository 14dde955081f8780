using GptSharp.OpCases;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Ops;

public sealed class HeadNormTests : OpConformanceTests<HeadNormCases>
{
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
}
