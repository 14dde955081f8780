using System.Globalization;
using GptSharp.Cuda;
using GptSharp.GpuBench.Limits;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Training.Accounting;

namespace GptSharp.GpuBench.Training;

/// <summary>Measures the speed of training, launches collected into graphs as the trainer has them.</summary>
internal static class TrainingRun
{
    /// <summary>Trains.</summary>
    /// <param name="open">Opens the device.</param>
    /// <param name="shape">The model and its batch.</param>
    /// <param name="limits">What the device was measured to do, where nobody publishes it.</param>
    public static TrainingSpeed Run(Func<ICudaDriver> open, TrainingShape shape, DeviceLimits limits)
    {
        ICudaDriver driver = open();
        using var engine = new Engine(new CudaBackend(driver, "cuda"));
        using var training = new TrainingLoop(engine, shape);
        FlopCount flops = training.CountFlops();
        double firstLoss = training.Loss;
        training.Run(shape.WarmUps);
        double seconds = training.Run(shape.Steps).TotalSeconds;
        double speed = training.TokensPerStep * shape.Steps / seconds;
        var account = new StepAccount(flops, new ModelFlops(shape.Model).Formula, Peak(driver.Properties, shape.Precision.Storage, limits));
        return new TrainingSpeed(
            shape.Name,
            shape.Precision.Storage.ToString(),
            shape.BatchSize,
            shape.Model.BlockSize,
            shape.Steps,
            seconds / shape.Steps * 1e3,
            speed,
            account.Mfu(speed),
            account.Hfu(speed),
            StepAccount.MfuFormula,
            account.Formula,
            account.Peak.Text,
            firstLoss,
            training.Loss);
    }

    private static DevicePeak Peak(DeviceProperties device, DType storage, DeviceLimits limits) =>
        Accelerators.Find(device.Name) is { } known ? DevicePeak.Of(known, storage)
        : storage == DType.BF16 ? new DevicePeak(limits.Bf16FlopsPerSecond, "measured here: mma.sync in registers")
        : new DevicePeak(limits.Fp32FlopsPerSecond, "measured here: fp32 multiply-adds in registers");
}

/// <summary>The speed of training.</summary>
/// <param name="Model">What was trained.</param>
/// <param name="Storage">How its numbers are stored.</param>
/// <param name="BatchSize">Sequences per step.</param>
/// <param name="SequenceLength">Tokens of each.</param>
/// <param name="Steps">Steps that were measured.</param>
/// <param name="MillisecondsPerStep">Their mean.</param>
/// <param name="TokensPerSecond">Tokens of all of them by their time.</param>
/// <param name="Mfu">Model FLOPs utilization; null where the peak is unknown.</param>
/// <param name="Hfu">Hardware FLOPs utilization; null where the peak is unknown.</param>
/// <param name="MfuFormula">What MFU is.</param>
/// <param name="FlopsPerToken">What the model asks for, as a sum.</param>
/// <param name="Peak">The denominator, and where it is from.</param>
/// <param name="FirstLoss">Loss of the first step.</param>
/// <param name="LastLoss">Loss of the last one.</param>
internal sealed record TrainingSpeed(
    string Model,
    string Storage,
    int BatchSize,
    int SequenceLength,
    int Steps,
    double MillisecondsPerStep,
    double TokensPerSecond,
    double? Mfu,
    double? Hfu,
    string MfuFormula,
    string FlopsPerToken,
    string Peak,
    double FirstLoss,
    double LastLoss)
{
    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Model}, {Storage}, {BatchSize} x {SequenceLength} tokens: {MillisecondsPerStep:0.0} ms per step, {TokensPerSecond:N0} tokens/s, MFU {100 * (Mfu ?? double.NaN):0.0} % of {Peak}, loss {FirstLoss:0.000} to {LastLoss:0.000}");
}
