using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.Tensors.Tests;

/// <summary>The backends that this machine can run, by name.</summary>
internal static class TestBackends
{
    /// <summary>Everything that is compared with Reference: the Cpu backend on each of the machine's vector paths.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. CpuFeatures.Available.Select(path => $"cpu {path}")];

    public static IBackend Create(string name, int threads = 2) => name == "reference"
        ? new ReferenceBackend()
        : new CpuBackend(threads, Enum.Parse<SimdPath>(name["cpu ".Length..]));

    public static Engine NewEngine() => new(Create(Names[0]));
}
