using System.Globalization;
using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.Nn;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.Training;

/// <summary>The devices that a command or a configuration can name.</summary>
public static class Devices
{
    /// <summary>Takes an NVIDIA GPU where there is one, else the CPU.</summary>
    public const string Automatic = "auto";

    /// <summary>Environment variable: <c>1</c> lets the emulator look for races, accesses outside of tensors and more, some ten times slower.</summary>
    public const string EmulatorChecksVariable = "GPTSHARP_EMULATOR_CHECKS";

    private const string Gpu = "cuda";
    private const string NumberedGpu = "cuda:";
    private const string Emulator = "emulator";

    /// <summary>Every name that <see cref="Open"/> knows, for people: <c>cuda:N</c> stands for <c>cuda:0</c>, <c>cuda:1</c>, ….</summary>
    public static IReadOnlyList<string> Names { get; } = [Automatic, "cpu", Gpu, NumberedGpu + "N", Emulator, "reference"];

    /// <summary>Whether a name is one of <see cref="Names"/>; the device itself may not be there.</summary>
    public static bool IsName(string name) =>
        name is Automatic or "cpu" or Gpu or Emulator or "reference" || OrdinalOf(name) is not null;

    /// <summary>Starts a device.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="threads">Threads on the CPU, or of the emulator; null for one per processor. The reference always uses one.</param>
    /// <param name="options">How its engine behaves; null for as usual.</param>
    /// <returns>The device, to be disposed.</returns>
    /// <exception cref="ConfigurationException">An unknown name, or fewer than one thread.</exception>
    /// <exception cref="CudaException">The GPU is not there, or cannot be used; the sentence says why and what to do.</exception>
    public static Device Open(string name, int? threads = null, EngineOptions? options = null)
    {
        if (threads < 1)
        {
            throw new ConfigurationException($"{threads} is no number of threads; at least 1 is needed.", "train.threads");
        }

        return name switch
        {
            Automatic => Choose(threads, options),
            "cpu" => Cpu(threads, options),
            "reference" => Start(new ReferenceBackend(), Precision.Fp64, options),
            Emulator => Emulated(threads, options),
            Gpu => Cuda(Gpu, CudaDevices.Open(), options),
            _ when OrdinalOf(name) is { } ordinal => Cuda(name, CudaDevices.Open(ordinal), options),
            _ => throw new ConfigurationException(
                $"there is no device '{name}'; the devices are {string.Join(", ", Names)}.", "train.device"),
        };
    }

    private static Device Choose(int? threads, EngineOptions? options)
    {
        CudaSurvey survey = CudaDevices.Survey();
        if (survey.First is not { } gpu)
        {
            Device cpu = Cpu(threads, options);
            return cpu with { Description = $"auto, fastest: {cpu.Description}" };
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"{NumberedGpu}{gpu.Ordinal}");
        Device chosen = Cuda(name, CudaDevices.Open(gpu.Ordinal), options);
        return chosen with { Description = $"auto: {chosen.Description}, the first NVIDIA GPU that its driver offers" };
    }

    private static Device Cpu(int? threads, EngineOptions? options) => Start(new CpuBackend(threads), Precision.Fp32, options);

    private static Device Cuda(string name, ICudaDriver driver, EngineOptions? options) =>
        Start(new CudaBackend(driver, name), Precision.Fp32, options);

    // With checks each launch is made and judged by itself, and each tensor is a buffer of its own.
    private static Device Emulated(int? threads, EngineOptions? options)
    {
        bool checks = Environment.GetEnvironmentVariable(EmulatorChecksVariable) == "1";
        EmulatorDriver driver = new(new EmulatorOptions { Checks = checks ? Checks.All : Checks.None, Workers = threads ?? 0 });
        return Start(
            new CudaBackend(driver, Emulator, new CudaOptions { Graphs = !checks }),
            Precision.Fp32,
            (options ?? new EngineOptions()) with { IsolateTensors = checks });
    }

    private static Device Start(IBackend backend, Precision precision, EngineOptions? options) =>
        new(backend.Name, new Engine(backend, options), precision, backend.Description);

    private static int? OrdinalOf(string name) =>
        name.StartsWith(NumberedGpu, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(NumberedGpu.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal)
            ? ordinal
            : null;
}
