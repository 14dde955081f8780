using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Training.Tests;

public sealed class DevicesTests
{
    [Theory]
    [InlineData(1, "1 thread)")]
    [InlineData(3, "3 threads)")]
    public void Cpu_stores_float32_and_says_its_vectors_and_threads(int threads, string ending)
    {
        using Device device = Devices.Open("cpu", threads);

        Assert.Equal(("cpu", Precision.Fp32), (device.Name, device.Precision));
        Assert.Equal(threads, Assert.IsType<CpuBackend>(device.Engine.Backend).ThreadCount);
        Assert.StartsWith("cpu (", device.Description, StringComparison.Ordinal);
        Assert.EndsWith(ending, device.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Reference_stores_float64()
    {
        using Device device = Devices.Open("reference", threads: 2);

        Assert.Equal(("reference", Precision.Fp64, "reference (scalar C#, float64)"), (device.Name, device.Precision, device.Description));
    }

    [Fact]
    public void Auto_says_what_it_took_and_why()
    {
        using Device device = Devices.Open("auto", threads: 2);

        Assert.Equal("cpu", device.Name);
        Assert.StartsWith("auto: cpu (", device.Description, StringComparison.Ordinal);
        Assert.EndsWith("2 threads), the fastest here", device.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_name_gets_the_list_of_devices() => Assert.Equal(
        "there is no device 'gpu'; the devices are auto, cpu, cuda, cuda:N, emulator, reference.",
        Assert.Throws<ConfigurationException>(() => Devices.Open("gpu")).Message);

    [Fact]
    public void No_threads_at_all_are_refused() => Assert.Equal(
        "0 is no number of threads; at least 1 is needed.",
        Assert.Throws<ConfigurationException>(() => Devices.Open("cpu", threads: 0)).Message);
}
