using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Kernels.Tests;

public sealed class AddTests
{
    [Theory]
    [InlineData(4096)]
    [InlineData(4099)]
    public void Every_byte_is_moved_once_in_ideal_requests(int count)
    {
        using KernelBench bench = new();
        (DeviceBuffer a, DeviceBuffer b) = (bench.Floats(count, "a"), bench.Floats(count, "b"));
        DeviceBuffer y = bench.Output(count * 4L, "y");

        LaunchCounters counters = bench.Launch("add", "add_f32", new LaunchShape((count + 1023) / 1024, 256), y, a, b, (long)count);

        float[] expected = [.. a.Read<float>().Zip(b.Read<float>(), (left, right) => left + right)];
        Assert.Equal(expected, y.Read<float>());
        Assert.Equal(12L * count, counters.Accesses.GlobalBytes);
        Assert.Equal(8L * count, counters.UniqueBytesLoaded);
        Assert.Equal(4L * count, counters.UniqueBytesStored);
    }
}
