using GptSharp.Tensors;
using GptSharp.Tensors.Memory;
using GptSharp.TestKit;

namespace GptSharp.Nn.Tests;

/// <summary>A model whose logits never exist whole computes what one with all of them does.</summary>
public sealed class LossRowsTests
{
    // 36 tokens: a whole piece and a rest.
    private const int Rows = 32;

    public static TheoryData<string> Names => ["plain", "untied head", "z-loss", "logit cap", "documents", "llama", "gemma"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_gradients_are_those_of_whole_logits(string name)
    {
        using SmallGpt exact = ModelOptions.NewModel(name);
        double loss = exact.Gradient();
        foreach (string backend in SmallGpt.Backends)
        {
            DType type = backend == "reference" ? DType.F64 : DType.F32;
            using SmallGpt whole = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), type);
            using SmallGpt pieces = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), type);
            pieces.Model.LossRows = Rows;

            Assert.Equal(whole.Gradient(), pieces.Gradient());
            Assert.Equal(whole.TrainingLoss(), pieces.TrainingLoss());
            Assert.Equal(loss, pieces.Gradient(), (type == DType.F64 ? 1e-14 : 1e-5) * loss);
            foreach (Parameter parameter in exact.Model.Arena.Parameters)
            {
                double distance = RelativeDistance.Between(parameter.Gradient.ToDoubles(), pieces[parameter.Name].Gradient.ToDoubles());
                Assert.True(distance <= (type == DType.F64 ? 1e-13 : 2e-5), $"{backend}, {parameter.Name}: {distance:E2}");
                if (parameter.Name is not ("wte.weight" or "lm_head.weight"))
                {
                    Assert.Equal(whole[parameter.Name].Gradient.ToDoubles(), pieces[parameter.Name].Gradient.ToDoubles());
                }
            }
        }
    }

    [Fact]
    public void BF16_computes_nearly_the_same()
    {
        using SmallGpt exact = ModelOptions.NewModel("gemma");
        double loss = exact.Gradient();
        foreach (string backend in SmallGpt.Backends)
        {
            using SmallGpt pieces = ModelOptions.NewModel("gemma", SmallGpt.NewBackend(backend), DType.BF16);
            pieces.Model.LossRows = Rows;
            Assert.Equal(loss, pieces.Gradient(), 0.02 * loss);
            Assert.InRange(
                RelativeDistance.Between(exact.Model.Arena.Gradients!.Flat.ToDoubles(), pieces.Model.Arena.Gradients!.Flat.ToDoubles()), 1e-4, 0.05);
        }
    }

    [Fact]
    public void Recomputing_changes_no_bit()
    {
        foreach (string backend in SmallGpt.Backends)
        {
            using var plain = new SmallGpt(null, SmallGpt.NewBackend(backend), DType.F32);
            plain.Model.LossRows = Rows;
            double loss = plain.Gradient();
            foreach (Recompute recompute in (Recompute[])[Recompute.Attention, Recompute.Block, Recompute.Every(2)])
            {
                using var frugal = new SmallGpt(null, SmallGpt.NewBackend(backend), DType.F32);
                (frugal.Model.LossRows, frugal.Model.Recompute) = (Rows, recompute);

                Assert.Equal(loss, frugal.Gradient());
                Assert.Equal(plain.Model.Arena.Gradients!.Flat.ToDoubles(), frugal.Model.Arena.Gradients!.Flat.ToDoubles());
            }
        }
    }

    [Fact]
    public void Micro_batches_add_up_to_the_batch()
    {
        using var whole = new SmallGpt();
        double loss = whole.Gradient();
        using var parts = new SmallGpt();
        parts.Model.LossRows = Rows;

        Assert.Equal(loss, parts.Gradient(microBatches: 2), 1e-12 * loss);
        Assert.InRange(
            RelativeDistance.Between(whole.Model.Arena.Gradients!.Flat.ToDoubles(), parts.Model.Arena.Gradients!.Flat.ToDoubles()), 0, 1e-12);
    }
}
