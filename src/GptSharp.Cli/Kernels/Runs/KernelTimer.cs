using GptSharp.Cli.Kernels.Families;
using GptSharp.Cuda;
using GptSharp.Ptx.Counters;

namespace GptSharp.Cli.Kernels.Runs;

/// <summary>The time of a kernel on a GPU.</summary>
/// <param name="Device">The GPU.</param>
/// <param name="Microseconds">Median of the repetitions.</param>
/// <param name="Share">Of what the data sheet promises: of the arithmetic, or, for a family bound by it, of the bandwidth; null for an unknown GPU.</param>
internal sealed record MeasuredTime(string Device, double Microseconds, double? Share);

/// <summary>Times a kernel with events: warm-up first, then the median of repetitions, the second-level cache flushed before each.</summary>
internal sealed class KernelTimer(ICudaDriver driver, KernelFamily family, KernelProblem problem)
{
    private const int WarmUps = 3, Repetitions = 21;

    /// <summary>Measures.</summary>
    public MeasuredTime Measure(CudaKernel kernel, in LaunchShape shape, ReadOnlySpan<byte> parameters)
    {
        long flushed = Math.Max(1, 2L * driver.Properties.L2Bytes);
        ulong flush = driver.Allocate(flushed);
        var times = new double[Repetitions];
        try
        {
            using ICudaEvent start = driver.NewEvent(), end = driver.NewEvent();
            for (int i = -WarmUps; i < Repetitions; i++)
            {
                driver.Fill(flush, (byte)i, flushed);
                start.Record();
                driver.Launch(kernel, shape, parameters);
                end.Record();
                double milliseconds = end.MillisecondsSince(start);
                if (i >= 0)
                {
                    times[i] = milliseconds;
                }
            }
        }
        finally
        {
            driver.Free(flush);
        }

        Array.Sort(times);
        double microseconds = 1e3 * times[Repetitions / 2];
        return new(driver.Properties.Name, microseconds, Share(microseconds));
    }

    private double? Share(double microseconds)
    {
        string name = driver.Properties.Name.Replace(" ", "", StringComparison.Ordinal);
        GpuModel? gpu = GpuModel.All.FirstOrDefault(known => name.Contains(known.Name, StringComparison.OrdinalIgnoreCase));
        return gpu is null ? null
            : family.IsBoundByArithmetic ? problem.Flops / (microseconds * 1e-6) / (gpu.TensorTeraflops * 1e12)
            : problem.MinimumBytes / (microseconds * 1e-6) / (gpu.DramGigabytesPerSecond * 1e9);
    }
}
