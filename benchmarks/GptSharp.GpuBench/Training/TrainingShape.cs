using GptSharp.Cuda;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.GpuBench.Training;

/// <summary>A model and how it is trained.</summary>
/// <param name="Name">What results call it.</param>
/// <param name="Model">The model.</param>
/// <param name="Precision">How its numbers are stored.</param>
/// <param name="BatchSize">B, sequences per step.</param>
/// <param name="WarmUps">Steps before the clock runs.</param>
/// <param name="Steps">Steps that are measured.</param>
internal sealed record TrainingShape(string Name, GptConfig Model, Precision Precision, int BatchSize, int WarmUps, int Steps)
{
    /// <summary>Models whose kernels are timed: together they use nearly all.</summary>
    public static IReadOnlyList<TrainingShape> ForKernels(DeviceProperties device, bool isSmall)
    {
        GptConfig gpt2 = Preset("gpt2", isSmall) with { Dropout = 0.1 };
        GptConfig llama = Preset("llama-base", isSmall);

        // Heads of 128 channels, normalised, and attention that is masked and capped.
        GptConfig wide = llama with { HeadCount = llama.Width / 128, KeyHeadCount = llama.Width / 128, QkNorm = true, Window = llama.BlockSize / 2, AttentionCap = 50 };
        int narrowBatch = isSmall ? 2 : 16;
        int fullBatch = isSmall ? 2 : 4;
        TrainingShape[] full = [new("gpt2 fp32", gpt2, Precision.Fp32, fullBatch, 0, 1), new("llama fp32", llama, Precision.Fp32, fullBatch, 0, 1)];
        return device.Capability < CudaDevices.OldestCapabilityForBF16 ? full :
        [
            new("gpt2 bf16", gpt2, Precision.Bf16, narrowBatch, 0, 1),
            new("gpt2 bf16-pure", gpt2, Precision.Bf16Pure, narrowBatch, 0, 1),
            new("llama bf16", llama, Precision.Bf16, narrowBatch, 0, 1),
            new("llama bf16, D = 128, window, soft cap", wide, Precision.Bf16, narrowBatch, 0, 1),
            .. full,
        ];
    }

    /// <summary>The model whose speed is measured, GPT-2 of 124M parameters.</summary>
    public static TrainingShape ForTraining(DeviceProperties device, bool isSmall) => new(
        isSmall ? "small gpt2" : "gpt2 124M",
        Preset("gpt2", isSmall),
        device.Capability >= CudaDevices.OldestCapabilityForBF16 ? Precision.Bf16 : Precision.Fp32,
        isSmall ? 2 : 32,
        isSmall ? 1 : 10,
        isSmall ? 2 : 50);

    /// <summary>Does something with this batch; with half of it, and half again, where the device's memory does not suffice.</summary>
    public void WhereItFits(Action<TrainingShape> action) => WhereItFits(shape =>
    {
        action(shape);
        return shape;
    });

    /// <summary>The same of what has a result.</summary>
    public T WhereItFits<T>(Func<TrainingShape, T> action)
    {
        try
        {
            return action(this);
        }
        catch (Exception failure) when (BatchSize > 1 && failure is (OutOfDeviceMemoryException or OutOfCudaMemoryException))
        {
            return (this with { BatchSize = BatchSize / 2 }).WhereItFits(action);
        }
    }

    private static GptConfig Preset(string name, bool isSmall)
    {
        GptConfig shape = GptPresets.Find(name).Config;
        return isSmall
            ? shape with { LayerCount = 1, HeadCount = 2, KeyHeadCount = 2, Width = 128, MlpWidth = 256, BlockSize = 64, VocabularySize = 500 }
            : shape;
    }
}
