using GptSharp.Cuda.Emulation;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Training.Configuration;

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
        Assert.StartsWith("auto, fastest: cpu (", device.Description, StringComparison.Ordinal);
        Assert.EndsWith("2 threads)", device.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void The_emulator_stores_float32_and_takes_BF16()
    {
        using Device device = Devices.Open("emulator");

        Assert.Equal(("emulator", Precision.Fp32, "emulator (emulated GPU, sm_80)"), (device.Name, device.Precision, device.Description));
        Assert.Equal(Precision.Bf16, TrainingPrecision.Bf16.On(device));
    }

    [Fact]
    public void BF16_on_a_gpu_that_has_none_is_refused()
    {
        var backend = new CudaBackend(new EmulatorDriver(new EmulatorOptions { Capability = 70 }), "cuda:0");
        using Device device = new("cuda:0", new Engine(backend), Precision.Fp32, backend.Description);

        Assert.Equal(Precision.Fp32, TrainingPrecision.Fp32.On(device));
        Assert.Equal(
            "cuda:0 (emulated GPU, sm_70) has no BF16, which needs compute capability 8.0 (Ampere) or later; fp32 works on it: set train.precision=fp32.",
            Assert.Throws<ConfigurationException>(() => TrainingPrecision.Bf16Pure.On(device)).Message);
    }

    [Theory]
    [InlineData("auto", true)]
    [InlineData("cuda", true)]
    [InlineData("cuda:12", true)]
    [InlineData("cuda:", false)]
    [InlineData("cuda:-1", false)]
    [InlineData("cuda:x", false)]
    [InlineData("gpu", false)]
    public void Names_are_known_whether_the_device_is_there_or_not(string name, bool isName) => Assert.Equal(isName, Devices.IsName(name));

    [Fact]
    public void An_unknown_name_gets_the_list_of_devices() => Assert.Equal(
        "there is no device 'gpu'; the devices are auto, cpu, cuda, cuda:N, emulator, reference.",
        Assert.Throws<ConfigurationException>(() => Devices.Open("gpu")).Message);

    [Fact]
    public void No_threads_at_all_are_refused() => Assert.Equal(
        "0 is no number of threads; at least 1 is needed.",
        Assert.Throws<ConfigurationException>(() => Devices.Open("cpu", threads: 0)).Message);
}
