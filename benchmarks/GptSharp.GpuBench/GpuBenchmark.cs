using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.GpuBench.Limits;
using GptSharp.GpuBench.Suite;
using GptSharp.GpuBench.Timing;
using GptSharp.GpuBench.Training;
using GptSharp.Ptx.Memory;

namespace GptSharp.GpuBench;

/// <summary>Everything in order: limits of the device, conformance, kernels, training. What fails is noted, and the rest goes on.</summary>
internal static class GpuBenchmark
{
    /// <summary>Runs it and writes the file of results.</summary>
    /// <param name="options">What to do.</param>
    /// <param name="output">Where people read along.</param>
    /// <returns>The exit code: 1 if anything failed.</returns>
    /// <exception cref="CudaException">The device cannot be opened.</exception>
    /// <exception cref="IOException">The file cannot be written, which is found out before anything runs.</exception>
    public static int Run(BenchOptions options, TextWriter output)
    {
        File.Open(options.Output, FileMode.Append).Dispose();

        // This driver stays open to the end: a device whose last driver is closed would start anew for each case of the suite.
        using ICudaDriver driver = Open(options, Checks.None);
        DeviceProperties device = driver.Properties;
        output.WriteLine($"{device.Name}, compute capability {device.Major}.{device.Minor}, {device.Multiprocessors} multiprocessors, {device.MemoryBytes >> 20} MiB");
        var results = new Results
        {
            Device = device,
            DriverVersion = options.Device == "emulator" ? null : CudaDevices.Survey().Version,
            IsSmall = options.IsSmall,
            Date = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture),
        };

        Stage("limits", () =>
        {
            results.Limits = DeviceLimits.Measure(driver, options.IsSmall);
            output.WriteLine(results.Limits);
        });
        Stage("conformance", () =>
        {
            results.Conformance = ConformanceRun.Run(() => Open(options, Checks.All), device, options.IsSmall, output);
            results.Failures.AddRange(results.Conformance.Failures);
        });
        var survey = new KernelSurvey(() => Open(options, Checks.None), device, results.Limits ?? DeviceLimits.Unknown, options.IsSmall, output);
        foreach (TrainingShape shape in TrainingShape.ForKernels(device, options.IsSmall))
        {
            Stage($"kernels of {shape.Name}", () => shape.WhereItFits(survey.MeasureTraining));
        }

        Stage("kernels of operations", survey.MeasureOperations);
        Stage("kernels of conformance cases", survey.MeasureRest);
        (results.Models, results.Kernels, results.KernelsNotTimed) = (survey.Models, survey.Kernels, survey.NotTimed);
        output.WriteLine($"{results.Kernels.Count} kernels were timed{(results.KernelsNotTimed.Length == 0 ? "" : $", not {string.Join(", ", results.KernelsNotTimed)}")}");
        Stage("training", () =>
        {
            results.Training = TrainingShape.ForTraining(device, options.IsSmall).WhereItFits(
                fitting => TrainingRun.Run(() => Open(options, Checks.None), fitting, results.Limits ?? DeviceLimits.Unknown));
            output.WriteLine(results.Training);
        });

        results.Save(options.Output);
        output.WriteLine($"{results.Failures.Count} failures; all results are in {options.Output}");
        return results.Failures.Count == 0 ? 0 : 1;

        void Stage(string name, Action action)
        {
            try
            {
                output.WriteLine($"== {name}");
                action();
            }
            catch (Exception failure)
            {
                results.Failures.Add($"{name}: {failure.GetType().Name}: {failure.Message}");
                output.WriteLine($"FAILED {results.Failures[^1]}");
            }
        }
    }

    private static ICudaDriver Open(BenchOptions options, Checks checks) => options.Device == "emulator"
        ? new EmulatorDriver(new EmulatorOptions { Checks = checks })
        : CudaDevices.Open(BenchOptions.Ordinal(options.Device));
}
