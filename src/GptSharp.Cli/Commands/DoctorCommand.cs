using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using GptSharp.Cli.Machine;
using GptSharp.Cuda;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training.Machine;

namespace GptSharp.Cli.Commands;

/// <summary><c>gptsharp doctor</c>: what this machine offers and which of it is used, for people and for bug reports.</summary>
internal static class DoctorCommand
{
    public static Command Create(CommandOutput output)
    {
        CommandWithExamples command = new(
            "doctor",
            "Show what this machine offers, and what of it is used.",
            "gptsharp doctor",
            "gptsharp doctor --measure");
        Option<bool> measure = new("--measure")
        {
            Description = "Measure what the processor and its memory can do at best, in some seconds; other work on the machine lowers the figures.",
        };
        command.Options.Add(measure);
        command.SetAction(parsed =>
        {
            Write(output.Out, CgroupLimits.Read());
            if (parsed.GetValue(measure))
            {
                output.Out.WriteLine();
                MeasuredLimits.Write(output.Out, [.. new[] { 1, Environment.ProcessorCount }.Distinct().Select(MeasuredLimits.Measure)]);
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Writes the report.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="limits">What the system leaves this process.</param>
    internal static void Write(TextWriter writer, CgroupLimits limits)
    {
        SimdPath selected = CpuFeatures.Select();
        string version = typeof(DoctorCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        TextTable system = new("", "");
        system.Add("gptsharp", version);
        system.Add("runtime", RuntimeInformation.FrameworkDescription);
        system.Add("system", $"{RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture})");
        system.Add("processor", Processor.Name());
        system.Add("cores", $"{Environment.ProcessorCount} visible, {Limit(limits.Cores?.ToString("0.##", CultureInfo.InvariantCulture))}");
        string? memoryLimit = limits.MemoryBytes is { } bytes ? Gibibytes(bytes) : null;
        system.Add("memory", $"{Gibibytes(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)} visible, {Limit(memoryLimit)}");
        system.Write(writer);
        writer.WriteLine();

        TextTable paths = new("vectors", "bits", "here", "executed so far");
        foreach (SimdPath path in Enum.GetValues<SimdPath>().OrderDescending())
        {
            paths.Add(Name(path), $"{path.Bits()}", State(path, selected), path.Executed());
        }

        paths.Write(writer);
        writer.WriteLine();

        CudaSurvey gpus = CudaDevices.Survey();
        TextTable devices = new("device", "");
        devices.Add("cpu", $"vectorised, all cores{(gpus.First is null ? "; what 'auto' takes" : "")}");
        foreach (CudaDevice gpu in gpus.Devices)
        {
            devices.Add($"cuda:{gpu.Ordinal}", $"{Facts(gpu)}{(gpu == gpus.First ? "; what 'auto' takes" : "")}");
        }

        if (gpus.Devices.Count == 0)
        {
            devices.Add("cuda", $"none: {gpus.WhyNot}");
        }

        devices.Add("emulator", "the GPU's kernels on the CPU, slow: what the tests check them with");
        devices.Add("reference", "scalar, float64, slow: the textbook that the tests compare with");
        devices.Write(writer);
        if (gpus.Version is { } cuda)
        {
            writer.WriteLine();
            writer.WriteLine($"NVIDIA's driver knows CUDA {cuda}.");
        }
    }

    private static string Facts(CudaDevice gpu)
    {
        DeviceProperties facts = gpu.Properties;
        string what = string.Create(
            CultureInfo.InvariantCulture,
            $"{facts.Name}, sm_{facts.Capability}, {facts.Multiprocessors} multiprocessors, {Gibibytes(facts.MemoryBytes)}");
        return gpu.WhyNot is { } reason ? $"{what}: {reason}"
            : facts.Capability < CudaDevices.OldestCapabilityForBF16 ? $"{what}, float32 only"
            : what;
    }

    private static string State(SimdPath path, SimdPath selected)
    {
        if (path == selected)
        {
            bool isForced = Environment.GetEnvironmentVariable(CpuFeatures.Variable) is { Length: > 0 };
            return isForced ? $"selected by {CpuFeatures.Variable}" : "selected";
        }

        return CpuFeatures.IsAvailable(path)
            ? $"possible: {CpuFeatures.Variable}={path.ToString().ToLowerInvariant()} selects it"
            : "not on this processor";
    }

    private static string Name(SimdPath path) => path switch
    {
        SimdPath.Avx512BF16 => "AVX-512 + BF16",
        SimdPath.Avx512 => "AVX-512",
        SimdPath.Avx2 => "AVX2 + FMA",
        SimdPath.Neon => "NEON",
        _ => "128-bit",
    };

    private static string Limit(string? limit) => limit is null ? "no cgroup limit" : $"cgroup limit {limit}";

    private static string Gibibytes(long bytes) => (bytes / (double)(1 << 30)).ToString("0.0 'GiB'", CultureInfo.InvariantCulture);
}
