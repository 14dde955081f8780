using System.Globalization;
using GptSharp.Cuda;
using GptSharp.GpuBench.Timing;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.GpuBench.Limits;

/// <summary>What a device can do at best, measured with the clocks that it has at the moment.</summary>
/// <param name="BytesPerSecond">Of a copy in device memory, each byte counted twice: read and written.</param>
/// <param name="Fp32FlopsPerSecond">Of fused multiply-adds in registers, two operations each.</param>
/// <param name="Bf16FlopsPerSecond">Of mma.sync in registers; null where the device has no BF16. Instructions of later devices can do more.</param>
internal sealed record DeviceLimits(double BytesPerSecond, double Fp32FlopsPerSecond, double? Bf16FlopsPerSecond)
{
    private const int BytesPerBlockOfCopy = 4 * 256 * 16;

    /// <summary>Where they could not be measured: every share of them is no number.</summary>
    public static DeviceLimits Unknown { get; } = new(double.NaN, double.NaN, null);

    /// <summary>Measures.</summary>
    /// <param name="driver">The device.</param>
    /// <param name="isSmall">Whether to take little time on the emulator rather than long on a GPU.</param>
    public static DeviceLimits Measure(ICudaDriver driver, bool isSmall)
    {
        ArgumentNullException.ThrowIfNull(driver);
        int capability = driver.Properties.Capability;
        using ICudaModule module = driver.Load("peak", PeakKernels.Ptx(capability));
        double scalar = Arithmetic(driver, module.Kernel("peak_f32"), PeakKernels.ScalarFlopsPerTurn, isSmall);
        double? matrix = capability >= 80 ? Arithmetic(driver, module.Kernel("peak_bf16"), PeakKernels.MatrixFlopsPerTurn, isSmall) : null;
        return new DeviceLimits(Copy(driver, isSmall), scalar, matrix);
    }

    /// <summary>For people.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"copy {BytesPerSecond / 1e9:G4} GB/s, fp32 {Fp32FlopsPerSecond / 1e12:G4} TFLOP/s, bf16 mma {(Bf16FlopsPerSecond ?? 0) / 1e12:G4} TFLOP/s");

    private static double Copy(ICudaDriver driver, bool isSmall)
    {
        long bytes = isSmall ? 1 << 20 : Math.Min(1L << 30, driver.Properties.MemoryBytes / 8) / BytesPerBlockOfCopy * BytesPerBlockOfCopy;
        using ICudaModule module = driver.Load("copy", KernelImages.Read("copy", driver.Properties.Capability >= 80 ? 80 : 70));
        CudaKernel kernel = module.Kernel("copy_bytes");
        ulong source = driver.Allocate(bytes);
        ulong destination = driver.Allocate(bytes);
        driver.Fill(source, 1, bytes);
        var parameters = new byte[24];
        int length = KernelParameter.Pack([destination, source, bytes], parameters);
        var shape = new LaunchShape((int)(bytes / BytesPerBlockOfCopy), 256);
        double seconds = Stopwatches.MedianSeconds(driver, isSmall, () => driver.Launch(kernel, shape, parameters.AsSpan(0, length)));
        driver.Free(source);
        driver.Free(destination);
        return 2 * bytes / seconds;
    }

    private static double Arithmetic(ICudaDriver driver, CudaKernel kernel, long flopsPerTurn, bool isSmall)
    {
        int turns = isSmall ? 10 : 20_000;
        int blocks = isSmall ? 2 : driver.Properties.Multiprocessors * 4;
        ulong sums = driver.Allocate(blocks * PeakKernels.Threads * sizeof(float));
        var parameters = new byte[16];
        int length = KernelParameter.Pack([sums, turns], parameters);
        var shape = new LaunchShape(blocks, PeakKernels.Threads);
        double seconds = Stopwatches.MedianSeconds(driver, isSmall, () => driver.Launch(kernel, shape, parameters.AsSpan(0, length)));
        driver.Free(sums);
        return (double)blocks * (PeakKernels.Threads / 32) * turns * flopsPerTurn / seconds;
    }
}
