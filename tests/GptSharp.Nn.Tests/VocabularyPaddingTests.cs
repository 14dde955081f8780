using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Tests;

public sealed class VocabularyPaddingTests
{
    // 257, like GPT-2's 50257, is one more than a multiple of 64.
    public static TheoryData<int, bool, string> Cases => new(
        from size in new[] { 1, 5, 63, 64, 65, 257 }
        from tied in new[] { true, false }
        from backend in new[] { "reference", SmallGpt.Backends.First().Data }
        select (size, tied, backend));

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_the_padded_rows_hold_changes_no_bit_and_their_gradient_is_zero(int size, bool tied, string backend)
    {
        using SmallGpt model = NewModel(size, tied, backend);
        foreach (Parameter table in Tables(model))
        {
            Assert.All(Padding(table.Value), value => Assert.Equal(0, value));
        }

        double loss = model.Gradient();
        double[] gradients = model.Model.Arena.Gradients!.Flat.ToDoubles();
        AssertPaddingIsZero();
        foreach (Parameter table in Tables(model))
        {
            double[] values = table.Value.ToDoubles();
            values.AsSpan(size * model.Model.Config.Width).Fill(1000);
            table.Value.UploadDoubles(values);
        }

        Assert.Equal(loss, model.Gradient());
        Assert.Equal(gradients, model.Model.Arena.Gradients.Flat.ToDoubles());
        AssertPaddingIsZero();

        IEnumerable<double> Padding(Tensor tensor) => tensor.ToDoubles().Skip(size * model.Model.Config.Width);

        void AssertPaddingIsZero() =>
            Assert.All(Tables(model), table => Assert.All(Padding(table.Gradient), value => Assert.Equal(0, value)));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_loss_is_the_cross_entropy_over_the_real_vocabulary(int size, bool tied, string backend)
    {
        using SmallGpt model = NewModel(size, tied, backend);
        int padded = model.Model.Config.PaddedVocabularySize, scored = 0;
        double[] logits = model.Logits();
        double sum = 0;
        for (int row = 0; row < model.Targets.Length; row++)
        {
            if (model.Targets[row] != Ops.IgnoredTarget)
            {
                double[] real = logits[(row * padded)..((row * padded) + size)];
                sum += Math.Log(real.Sum(Math.Exp)) - real[model.Targets[row]];
                scored++;
            }
        }

        Assert.Equal(sum / scored, model.Gradient(), backend == "reference" ? 1e-12 : 1e-5);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Padding_is_not_counted(int size, bool tied, string backend)
    {
        using SmallGpt model = NewModel(size, tied, backend);
        GptConfig config = model.Model.Config;
        const int C = 24, L = 2;
        int expected = (size * C * (tied ? 1 : 2)) + (12 * C) + (L * ((12 * C * C) + (13 * C))) + (2 * C);

        Assert.Equal(expected, model.Model.ParameterCount);
        Assert.Equal(expected, new ParameterReport(config).Total);
        Assert.All(Tables(model), table => Assert.Equal(size, model.Model.LogicalRows(table)));
        Assert.All(Tables(model), table => Assert.Equal((config.PaddedVocabularySize, C), (table.Value.Shape[0], table.Value.Shape[1])));
        Assert.Equal(0, config.PaddedVocabularySize % 64);
        Assert.InRange(config.PaddedVocabularySize - size, 0, 63);
    }

    private static SmallGpt NewModel(int size, bool tied, string backend) => new(
        SmallGpt.Config with { VocabularySize = size, TieHead = tied, Dropout = 0 },
        SmallGpt.NewBackend(backend),
        backend == "reference" ? DType.F64 : DType.F32);

    private static IEnumerable<Parameter> Tables(SmallGpt model) =>
        model.Model.Arena.Parameters.Where(parameter => parameter.Name is "wte.weight" or "lm_head.weight");
}
