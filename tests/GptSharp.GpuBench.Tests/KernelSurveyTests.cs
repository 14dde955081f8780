using System.Globalization;
using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.GpuBench.Limits;
using GptSharp.GpuBench.Timing;
using GptSharp.GpuBench.Training;
using GptSharp.Ptx.Memory;

namespace GptSharp.GpuBench.Tests;

public sealed class KernelSurveyTests
{
    /// <summary>What an older device is given is another image, of other code.</summary>
    [Fact]
    public void Every_kernel_of_the_image_for_devices_without_BF16_is_timed_too()
    {
        KernelSurvey survey = NewSurvey(capability: 70);
        foreach (TrainingShape shape in TrainingShape.ForKernels(Device(70), isSmall: true))
        {
            survey.MeasureTraining(shape);
        }

        survey.MeasureOperations();
        survey.MeasureRest();

        Assert.Empty(survey.NotTimed);
        Assert.DoesNotContain(survey.Kernels, kernel => kernel.Kernel.Contains("bf16", StringComparison.Ordinal));
    }

    [Fact]
    public void Kernels_that_nothing_launched_are_told()
    {
        KernelSurvey survey = NewSurvey(capability: 80);
        survey.MeasureTraining(TrainingShape.ForKernels(Device(80), isSmall: true)[0]);

        Assert.Contains("sgd_bf16_bf16_master", survey.NotTimed);
        Assert.Contains("adamw_bf16_f32_master", survey.Kernels.Select(kernel => kernel.Kernel));
        Assert.DoesNotContain("adamw_bf16_f32_master", survey.NotTimed);
    }

    /// <summary>An operation's share is that of its bytes and FLOPs in its own time, all its kernels together.</summary>
    [Fact]
    public void Shares_are_bytes_and_FLOPs_by_time_and_limit()
    {
        KernelSurvey survey = NewSurvey(capability: 80);
        survey.MeasureTraining(TrainingShape.ForKernels(Device(80), isSmall: true)[0]);

        OperationTime product = survey.Models[0].Operations.First(operation => operation.Operation == "linear");
        Assert.Equal(product.Kernels.Sum(kernel => kernel.Microseconds), product.Microseconds, 1e-9 * product.Microseconds);
        Assert.Equal(product.Bytes / (product.Microseconds * 1e-6) / 2e9, product.ShareOfBandwidth, 1e-9 * product.ShareOfBandwidth);
        Assert.Equal(product.Flops / (product.Microseconds * 1e-6) / 8e9, product.ShareOfPeak, 1e-9 * product.ShareOfPeak);
    }

    private static KernelSurvey NewSurvey(int capability) => new(
        () => Open(capability), Device(capability), new DeviceLimits(BytesPerSecond: 2e9, Fp32FlopsPerSecond: 4e9, Bf16FlopsPerSecond: 8e9),
        isSmall: true, new StringWriter(CultureInfo.InvariantCulture));

    private static DeviceProperties Device(int capability)
    {
        using EmulatorDriver driver = Open(capability);
        return driver.Properties;
    }

    private static EmulatorDriver Open(int capability) => new(new EmulatorOptions { Capability = capability, Checks = Checks.None });
}
