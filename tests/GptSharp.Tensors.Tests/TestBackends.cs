using GptSharp.Cuda.Emulation;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Backends.Reference;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests;

/// <summary>The backends that this machine can run, by name.</summary>
internal static class TestBackends
{
    /// <summary>The CUDA backend on the emulator, all of whose checks are on.</summary>
    public const string Emulator = "emulator";

    /// <summary>The same on a device that has no BF16, with the kernels that it gets.</summary>
    public const string OldEmulator = "emulator sm_70";

    /// <summary>The CUDA backend on a device that computes nothing.</summary>
    public const string Silent = "silent device";

    /// <summary>The Cpu backend on each of the machine's vector paths.</summary>
    public static IReadOnlyList<string> OnHost { get; } = [.. CpuFeatures.Available.Select(path => $"cpu {path}")];

    /// <summary>Everything that is compared with Reference.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. OnHost, Emulator];

    /// <summary>Starts a backend.</summary>
    /// <param name="name">One of the names.</param>
    /// <param name="threads">Threads; on the emulator, threads that run blocks.</param>
    /// <param name="checks">What the emulator looks for.</param>
    public static IBackend Create(string name, int threads = 2, Checks checks = Checks.All) => name switch
    {
        "reference" => new ReferenceBackend(),
        Emulator => NewEmulator(threads, 80, checks),
        OldEmulator => NewEmulator(threads, 70, checks),
        Silent => new CudaBackend(new SilentDriver(), Silent),
        _ => new CpuBackend(threads, Enum.Parse<SimdPath>(name["cpu ".Length..])),
    };

    public static Engine NewEngine() => new(Create(Names[0]));

    /// <summary>An engine on a backend; on the emulator each tensor of a step has bounds of its own.</summary>
    public static Engine NewEngine(string name, int threads = 2)
    {
        IBackend backend = Create(name, threads);
        return new Engine(backend, new EngineOptions { IsolateTensors = backend is CudaBackend { Driver: EmulatorDriver } });
    }

    // Blocks and warps in another order for each number of threads, the natural one for 1.
    private static CudaBackend NewEmulator(int threads, int capability, Checks checks) => new(
        new EmulatorDriver(new EmulatorOptions
        {
            Checks = checks,
            Workers = threads,
            ShuffleSeed = threads == 1 ? null : threads,
            Capability = capability,
        }),
        Emulator,
        new CudaOptions { Graphs = false });
}
