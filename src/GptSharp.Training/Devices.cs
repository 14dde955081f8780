using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.Training;

/// <summary>The devices that a command or a configuration can name.</summary>
public static class Devices
{
    /// <summary>Takes the fastest device of the machine.</summary>
    public const string Automatic = "auto";

    /// <summary>Every name that <see cref="Open"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [Automatic, "cpu", "reference"];

    /// <summary>Starts a device.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="threads">Threads on the CPU; null for one per processor. The reference always uses one.</param>
    /// <param name="options">How its engine behaves; null for as usual.</param>
    /// <returns>The device, to be disposed.</returns>
    /// <exception cref="ConfigurationException">An unknown name, or fewer than one thread.</exception>
    public static Device Open(string name, int? threads = null, EngineOptions? options = null)
    {
        if (threads < 1)
        {
            throw new ConfigurationException($"{threads} is no number of threads; at least 1 is needed.", "train.threads");
        }

        return name switch
        {
            Automatic => Choose(Cpu(threads, options)),
            "cpu" => Cpu(threads, options),
            "reference" => Start(new ReferenceBackend(), Precision.Fp64, options),
            _ => throw new ConfigurationException(
                $"there is no device '{name}'; the devices are {string.Join(", ", Names)}.", "train.device"),
        };
    }

    private static Device Choose(Device fastest) => fastest with { Description = $"auto: {fastest.Description}, the fastest here" };

    private static Device Cpu(int? threads, EngineOptions? options) => Start(new CpuBackend(threads), Precision.Fp32, options);

    private static Device Start(IBackend backend, Precision precision, EngineOptions? options) =>
        new(backend.Name, new Engine(backend, options), precision, backend.Description);
}
