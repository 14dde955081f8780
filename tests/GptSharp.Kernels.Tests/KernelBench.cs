using System.Collections.Concurrent;
using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>Memory and inputs for a launch of a kernel that ships, with all checks and counters on.</summary>
internal sealed class KernelBench : IDisposable
{
    private static readonly ConcurrentDictionary<(string Image, int Capability), PtxModule> Modules = new();
    private readonly Random _random = new(7);

    public DeviceMemory Memory { get; } = new();

    /// <summary>Normally distributed binary32 values.</summary>
    public DeviceBuffer Floats(long count, string name, double scale = 1)
    {
        float[] values = [.. Normal(count, scale).Select(value => (float)value)];
        return Memory.Allocate<float>(values, name);
    }

    /// <summary>Normally distributed values, rounded to BF16.</summary>
    public DeviceBuffer Halves(long count, string name, double scale = 1)
    {
        BF16[] values = [.. Normal(count, scale).Select(value => (BF16)value)];
        return Memory.Allocate<BF16>(values, name);
    }

    /// <summary>Integers below a limit.</summary>
    public DeviceBuffer Integers(int count, int limit, string name)
    {
        int[] values = [.. Enumerable.Range(0, count).Select(_ => _random.Next(limit))];
        return Memory.Allocate<int>(values, name);
    }

    /// <summary>Memory that starts as never written: reading it is a finding.</summary>
    public DeviceBuffer Output(long bytes, string name) => Memory.Allocate(bytes, name);

    public static float[] ReadFloats(DeviceBuffer buffer) => buffer.Read<float>();

    public static double[] ReadHalves(DeviceBuffer buffer) => Array.ConvertAll(buffer.Read<BF16>(), value => (double)value);

    /// <summary>Launches; any finding (race, unwritten read, access outside a buffer, …) fails the test.</summary>
    /// <param name="image">Source file without extension.</param>
    /// <param name="kernel">The kernel's name.</param>
    /// <param name="shape">Blocks, threads, shared memory.</param>
    /// <param name="arguments">Outputs, inputs, scalars.</param>
    public LaunchCounters Launch(string image, string kernel, LaunchShape shape, params KernelArgument[] arguments) => Launch(
        image, kernel, shape, new LaunchOptions { Counters = true, SharedBytes = shape.SharedBytes, Workers = 1 }, arguments).Counters!;

    /// <summary>The same with other options, for example a random order of warps.</summary>
    public LaunchReport Launch(string image, string kernel, LaunchShape shape, LaunchOptions options, params KernelArgument[] arguments) => Module(image)
        .Launch(kernel, new Dimensions(shape.GridX, shape.GridY, shape.GridZ), new Dimensions(shape.Threads), arguments, Memory, options);

    /// <summary>A module that ships, parsed once.</summary>
    public static PtxModule Module(string image, int capability = 80) =>
        Modules.GetOrAdd((image, capability), key => PtxModule.Parse(KernelImages.ReadText(key.Image, key.Capability)));

    public void Dispose() => Memory.Dispose();

    private IEnumerable<double> Normal(long count, double scale)
    {
        for (long i = 0; i < count; i++)
        {
            yield return scale * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
        }
    }
}
