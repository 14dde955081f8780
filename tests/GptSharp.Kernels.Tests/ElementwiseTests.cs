using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>Copies, fills, multiples, soft cap.</summary>
public sealed class ElementwiseTests
{
    [Theory]
    [InlineData(16384)]
    [InlineData(32768 + 86)]
    [InlineData(2)]
    public void A_copy_moves_each_byte_once(int bytes)
    {
        using KernelBench bench = new();
        DeviceBuffer x = bench.Normal(DType.BF16, bytes / 2, "x"), y = bench.Output(bytes, "y");

        LaunchCounters counters = bench.Launch("copy", "copy_bytes", new LaunchShape((bytes + 16383) / 16384, 256), y, x, (long)bytes);

        Assert.Equal(x.Bytes, y.Bytes);
        counters.AssertStreams(2L * bytes);
    }

    [Theory]
    [InlineData(16384)]
    [InlineData(16384 + 6)]
    public void A_fill_stores_its_pattern_everywhere_once(int bytes)
    {
        using KernelBench bench = new();
        DeviceBuffer y = bench.Output(bytes, "y");

        LaunchCounters counters = bench.Launch("fill", "fill_bytes", new LaunchShape((bytes + 16383) / 16384, 256), y, (long)bytes, 0x12345678u);

        Assert.Equal(Enumerable.Range(0, bytes / 2).Select(i => (ushort)(i % 2 == 0 ? 0x5678 : 0x1234)), y.Read<ushort>());
        counters.AssertStreams(bytes);
    }

    [Theory]
    [InlineData(DType.F32, DType.F32, 8192)]
    [InlineData(DType.BF16, DType.BF16, 16384)]
    [InlineData(DType.BF16, DType.F32, 8192)]
    [InlineData(DType.BF16, DType.F32, 4099)]
    public void Multiples_are_stored_or_added(DType type, DType gradient, int count)
    {
        using KernelBench bench = new();
        DeviceBuffer x = bench.Normal(type, count, "x"), y = bench.Output(gradient, count, "y");
        LaunchShape shape = Grids.Elementwise(gradient == DType.F32 ? gradient : type, count, 4);
        string kernel = "scale" + type.Suffix(gradient);

        bench.Launch("scale", kernel, shape, y, x, (long)count, -1.5f, 0f).AssertStreams((long)count * (type.Size() + gradient.Size()));
        double[] once = y.Read(gradient);
        Stored.AssertClose(gradient, [.. x.Read(type).Select(value => -1.5 * value)], once);

        bench.Launch("scale", kernel, shape, y, x, (long)count, 2f, 0.5f).AssertStreams((long)count * (type.Size() + (2 * gradient.Size())));
        Stored.AssertClose(gradient, [.. x.Read(type).Zip(once, (value, old) => (2 * value) + (0.5 * old))], y.Read(gradient));
    }

    [Theory]
    [InlineData(DType.F32, 4096)]
    [InlineData(DType.F32, 1027)]
    [InlineData(DType.BF16, 8192)]
    public void Soft_caps_and_their_slopes_are_those_of_float64(DType type, int count)
    {
        const double cap = 30;
        using KernelBench bench = new();
        DeviceBuffer x = bench.Normal(type, count, "x", 40), dy = bench.Normal(type, count, "dy");
        DeviceBuffer y = bench.Output(type, count, "y"), dx = bench.Output(type, count, "dx");
        LaunchShape shape = Grids.Elementwise(type, count, 2);

        bench.Launch("soft_cap", "soft_cap" + type.Suffix(), shape, y, x, (long)count, (float)cap, (float)(1 / cap))
            .AssertStreams(2L * count * type.Size());
        bench.Launch("soft_cap", "soft_cap_backward" + type.Suffix(), shape, dx, dy, x, (long)count, (float)(1 / cap), 0f)
            .AssertStreams(3L * count * type.Size());

        double[] values = x.Read(type);
        Stored.AssertClose(type, [.. values.Select(value => cap * Math.Tanh(value / cap))], y.Read(type));
        Stored.AssertClose(type, [.. dy.Read(type).Zip(values, (g, value) => g / Math.Pow(Math.Cosh(value / cap), 2))], dx.Read(type));
    }
}
