using System.Runtime.InteropServices;
using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class DropoutTests
{
    private const ulong Seed = 0x0123456789abcdef;
    private const uint Step = 11, FirstSample = 40, Site = 3;

    [Theory]
    [InlineData(DType.F32, 3, 2048)]
    [InlineData(DType.F32, 4, 2051)]
    [InlineData(DType.F32, 5, 7)]
    [InlineData(DType.BF16, 3, 4096)]
    [InlineData(DType.BF16, 2, 33)]
    public void The_mask_is_Philox_by_sample_and_element(DType type, int samples, int elements)
    {
        const float rate = 0.3f, scale = 1 / (1 - rate);
        using KernelBench bench = new();
        int count = samples * elements, perBlock = 2 * 256 * 16 / type.Size(), blocks = (elements + perBlock - 1) / perBlock;
        DeviceBuffer x = bench.Normal(type, count, "x"), y = bench.Output(type, count, "y"), state = State(bench);
        LaunchCounters Launch(float beta) => bench.Launch(
            "dropout", "dropout" + type.Suffix(), new LaunchShape(samples * blocks, 256),
            y, x, (long)elements, blocks, Philox.KeepThreshold(rate), scale, Site, beta, state);

        LaunchCounters counters = Launch(0);

        double[] once = y.Read(type), expected = [.. x.Read(type).Select((value, i) =>
            Philox.Uniform(Seed, Step, FirstSample + (uint)(i / elements), Site, (ulong)(i % elements)) >= rate ? value * scale : 0)];
        Stored.AssertClose(type, expected, once);

        LaunchCounters added = Launch(0.5f);
        Stored.AssertClose(type, [.. expected.Zip(once, (value, old) => value + (0.5 * old))], y.Read(type));
        if (elements % perBlock == 0)
        {
            counters.AssertStreams(2L * count * type.Size());
            added.AssertStreams(3L * count * type.Size());
        }
    }

    // A StepState as the device holds it.
    private static DeviceBuffer State(KernelBench bench)
    {
        var state = new byte[64];
        MemoryMarshal.Write(state, Seed);
        MemoryMarshal.Write(state.AsSpan(8), Step);
        MemoryMarshal.Write(state.AsSpan(12), FirstSample);
        return bench.Memory.Allocate<byte>(state, "state");
    }
}
