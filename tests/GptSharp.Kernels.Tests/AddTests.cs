using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class AddTests
{
    [Theory]
    [InlineData(DType.F32, 8192)]
    [InlineData(DType.F32, 4099)]
    [InlineData(DType.BF16, 16384)]
    [InlineData(DType.BF16, 8195)]
    public void Every_byte_is_moved_once_in_ideal_requests(DType type, int count)
    {
        using KernelBench bench = new();
        (DeviceBuffer a, DeviceBuffer b) = (bench.Normal(type, count, "a"), bench.Normal(type, count, "b"));
        DeviceBuffer y = bench.Output(type, count, "y");

        LaunchCounters counters = bench.Launch("add", "add" + type.Suffix(), Grids.Elementwise(type, count, 4), y, a, b, (long)count);

        Stored.AssertClose(type, [.. a.Read(type).Zip(b.Read(type), (left, right) => left + right)], y.Read(type));
        Assert.Equal(3L * type.Size() * count, counters.Accesses.GlobalBytes);
        counters.AssertStreams(3L * type.Size() * count);
    }
}
