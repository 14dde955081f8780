using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.Ptx.Counters;
using GptSharp.Tensors.Backends.Cuda;

namespace GptSharp.Training.Profiling;

/// <summary>Counts the kernels that a device launches, and on the emulator their matrix instructions.</summary>
public sealed class KernelCounts : IDisposable
{
    private readonly SortedDictionary<string, KernelCount> _counts = new(StringComparer.Ordinal);
    private readonly ICudaDriver _driver;

    /// <summary>Counts from here on.</summary>
    /// <param name="backend">Whose kernels.</param>
    public KernelCounts(CudaBackend backend)
    {
        _driver = backend.Driver;
        if (_driver is EmulatorDriver emulator)
        {
            emulator.Options = emulator.Options with { Counters = true };
        }

        _driver.Launched = Count;
    }

    /// <summary>Every kernel that was launched, by name.</summary>
    public IReadOnlyCollection<KernelCount> All => _counts.Values;

    /// <summary>Counts no more.</summary>
    public void Dispose()
    {
        _driver.Launched = null;
        if (_driver is EmulatorDriver emulator)
        {
            emulator.Options = emulator.Options with { Counters = false };
        }
    }

    private void Count(KernelLaunch launch)
    {
        string name = launch.Kernel.Name;
        long? instructions = launch.Report?.Counters?.Count(InstructionClass.Matrix);
        _counts[name] = _counts.TryGetValue(name, out KernelCount? before)
            ? new KernelCount(name, before.Launches + 1, before.MatrixInstructions + instructions)
            : new KernelCount(name, 1, instructions);
    }
}

/// <summary>How often a kernel ran.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Launches">How often it was launched.</param>
/// <param name="MatrixInstructions">Instructions of the tensor cores (mma) that all its warps executed; null where the device does not tell.</param>
public sealed record KernelCount(string Name, long Launches, long? MatrixInstructions);
