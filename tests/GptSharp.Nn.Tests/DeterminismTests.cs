using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Tests;

public sealed class DeterminismTests
{
    public static TheoryData<SimdPath> Paths => [.. CpuFeatures.Available];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Three_training_steps_have_the_same_bits_for_any_number_of_threads(SimdPath path)
    {
        double[] expected = Train(path, threads: 1);
        foreach (int threads in (int[])[1, 2, 3, 8])
        {
            Assert.Equal(expected, Train(path, threads));
        }

        Assert.All(expected, value => Assert.True(double.IsFinite(value)));
    }

    // Losses, gradients, norms and values of every step.
    private static double[] Train(SimdPath path, int threads)
    {
        // Sizes that no register, tile or part divides.
        GptConfig config = SmallGpt.Config with { VocabularySize = 131, Width = 69, MlpWidth = 290, LayerCount = 2 };
        using var small = new SmallGpt(config, new CpuBackend(threads, path), DType.F32);
        ModelArena arena = small.Model.Arena;
        (ParameterBuffer first, ParameterBuffer second) = (arena.NewBuffer("exp_avg"), arena.NewBuffer("exp_avg_sq"));
        List<double> bits = [];
        for (uint index = 0; index < 3; index++)
        {
            bits.Add(small.Gradient(microBatches: 2, index));
            bits.AddRange(arena.Gradients!.Flat.ToDoubles());
            using Step step = small.Engine.BeginStep(StepOptions.Evaluate);
            Tensor norm = Ops.GradientNorm(arena.Gradients.Flat);
            var scalars = new AdamWScalars(1e-2, 0.9, 0.99, 1e-8, 0.1, index + 1, Clip: 0.5);
            step.Run(new AdamWOp(
                arena.Values!.Flat, Tensor.None, first.Flat, second.Flat, arena.Gradients.Flat, norm, 0, arena.Values.Flat.Count, scalars));
            bits.Add(norm.Item());
            bits.AddRange(arena.Values.Flat.ToDoubles());
        }

        return [.. bits];
    }
}
