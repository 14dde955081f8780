namespace GptSharp.Cuda.Tests.Nvidia;

/// <summary>Each reason why there is no GPU to use has its sentence, in the survey as in the exception.</summary>
public sealed class UnavailableTests
{
    [Fact]
    public void A_library_that_is_not_there() => Says(
        "/nowhere/libcuda.so.1",
        sentence => Assert.Equal("the NVIDIA driver's library /nowhere/libcuda.so.1 cannot be loaded: there is no such file.", sentence));

    [Fact]
    public void A_driver_that_is_too_old() => Says(
        ["VERSION=11000", "WITHOUT_GRAPHS"],
        "the NVIDIA driver is too old: it has CUDA 11.0, and CUDA 11.4 is needed; install the driver 470 or a later one.");

    [Fact]
    public void A_missing_symbol() => Says(
        ["WITHOUT_GRAPHS"],
        "the NVIDIA driver's library PATH lacks cuGraphInstantiateWithFlags: it is older than the driver 470, or not NVIDIA's; install a newer driver.");

    [Fact]
    public void No_device_to_start_with() => Says(
        ["INIT=100"],
        "the NVIDIA driver does not start: cuInit returned CUDA_ERROR_NO_DEVICE (what NVIDIA says). There is no NVIDIA GPU that this process may see; check nvidia-smi, CUDA_VISIBLE_DEVICES and the container's --gpus.");

    [Fact]
    public void No_device_to_count() => Says(
        ["DEVICES=0"],
        "the NVIDIA driver has no device: CUDA_ERROR_NO_DEVICE (what NVIDIA says). There is no NVIDIA GPU that this process may see; check nvidia-smi, CUDA_VISIBLE_DEVICES and the container's --gpus.");

    [Fact]
    public void A_driver_that_does_not_start_with_an_error_that_it_cannot_name() => Says(
        ["INIT=803"],
        "the NVIDIA driver does not start: cuInit returned error 803. The driver was updated while the system ran: restart the machine.");

    [Fact]
    public void A_device_that_is_too_old() => Says(
        ["CAPABILITY=61"],
        "the device cuda:0, Stand-in 0, is too old: its compute capability is 6.1, and 7.0 (Volta, 2017) is needed, 8.0 (Ampere) for BF16; train with --device cpu.");

    [Fact]
    public void A_device_that_does_not_exist()
    {
        using StandInDriver standIn = new("DEVICES=2");
        Assert.Equal(
            "there is no device cuda:2; this machine has cuda:0 (Stand-in 0), cuda:1 (Stand-in 1).",
            Assert.Throws<CudaUnavailableException>(() => CudaDevices.Open(2, standIn.Path)).Message);
    }

    [Fact]
    public void A_library_that_is_something_else()
    {
        using TemporaryFolder folder = new();
        string text = folder.Put("libcuda.so.1", "not a library");
        Says(text, sentence =>
        {
            Assert.StartsWith($"the NVIDIA driver's library {text} cannot be loaded: ", sentence, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', sentence);
        });
    }

    [Theory]
    [InlineData(70)]
    [InlineData(90)]
    public void A_device_that_serves_is_described(int capability)
    {
        using StandInDriver standIn = new($"CAPABILITY={capability}", "DEVICES=2");
        CudaSurvey survey = CudaDevices.Survey(standIn.Path);

        Assert.Null(survey.WhyNot);
        Assert.Equal("12.4", survey.Version);
        Assert.Equal(2, survey.Devices.Count);
        Assert.Equal(
            new CudaDevice(0, new DeviceProperties("Stand-in 0", capability / 10, capability % 10, 108, 256L << 20, 163 << 10, 40 << 20, 1_410_000), null),
            survey.First);
    }

    private static void Says(string[] script, string sentence)
    {
        using StandInDriver standIn = new(script);
        Says(standIn.Path, said => Assert.Equal(sentence.Replace("PATH", standIn.Path, StringComparison.Ordinal), said));
    }

    private static void Says(string library, Action<string> check)
    {
        check(CudaDevices.Survey(library).WhyNot!);
        check(Assert.Throws<CudaUnavailableException>(() => CudaDevices.Open(library: library)).Message);
    }
}
