using GptSharp.Cli.Tests.Faults;
using GptSharp.Cuda;

namespace GptSharp.Cli.Tests.Commands;

/// <summary>What a user reads, and what a script gets, when the GPU cannot be used; NVIDIA's library is a stand-in that answers as scripted.</summary>
public sealed class GpuFailureTests
{
    [Theory]
    [InlineData("lacks cuGraphInstantiateWithFlags: it is older than the driver 470, or not NVIDIA's", "WITHOUT_GRAPHS")]
    [InlineData("the NVIDIA driver is too old: it has CUDA 11.0, and CUDA 11.4 is needed; install the driver 470 or a later one.", "VERSION=11000")]
    [InlineData("the NVIDIA driver does not start: cuInit returned CUDA_ERROR_NO_DEVICE", "INIT=100")]
    [InlineData("the NVIDIA driver has no device", "DEVICES=0")]
    [InlineData("its compute capability is 6.1, and 7.0 (Volta, 2017) is needed, 8.0 (Ampere) for BF16; train with --device cpu.", "CAPABILITY=61")]
    [InlineData("cuLaunchKernel on Stand-in 0 returned CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "LAUNCH=701")]
    [InlineData("returned CUDA_ERROR_ILLEGAL_ADDRESS (what NVIDIA says). This program is at fault", "FAULT=700")]
    public void Training_fails_with_one_sentence_and_exit_code_1(string sentence, string script)
    {
        (int code, string error) = Train([script]);

        Assert.Equal(1, code);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("MEMORY=600000ll", "gptsharp: The run needs 1.1 MiB of memory with one sequence at a time, but 0.5 MiB are free, less a tenth. It would hold: parameters")]
    [InlineData("MEMORY=60000ll", "gptsharp: The device Stand-in 0 has no 16,384 bytes left: 10,848 of 60,000 bytes are free. cuMemAlloc returned CUDA_ERROR_OUT_OF_MEMORY")]
    public void Out_of_memory_says_how_much_is_needed_and_how_much_there_is(string script, string sentence)
    {
        (int code, string error) = Train([script]);

        Assert.Equal(1, code);
        Assert.StartsWith(sentence, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Out_of_memory_with_a_micro_batch_that_was_given_says_who_holds_what_and_what_would_fit()
    {
        (int code, string error) = Train(["MEMORY=600000ll"], "--set", "train.micro_batch=2", "--set", "model.channels=128");

        Assert.Equal(1, code);
        Assert.StartsWith("gptsharp: Out of memory: The device Stand-in 0 has no ", error, StringComparison.Ordinal);
        Assert.Contains(" Held already: ", error, StringComparison.Ordinal);
        Assert.Contains(" No setting of this model fits into 0.5 MiB: a smaller model.block, or a smaller model, would.", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void A_kernel_that_spills_is_told()
    {
        using StandInDriver standIn = new("LOCAL=24");
        using TinyConfig config = new("train.steps=1");
        (int _, string output, string error) = CommandProcess.Run(Environment(standIn), config.Train("run", "--device", "cuda"));

        Assert.Contains("does not fit into the registers (40): 24 bytes per thread went into slow local memory.", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public void BF16_on_a_device_without_it_is_refused()
    {
        (int code, string error) = Train(["CAPABILITY=70"], "--set", "train.precision=bf16");

        Assert.Equal(
            (2, "gptsharp: cuda (Stand-in 0) has no BF16, which needs compute capability 8.0 (Ampere) or later; fp32 works on it: set train.precision=fp32.\n"),
            (code, error));
    }

    [Fact]
    public void A_device_that_the_machine_lacks_is_named_beside_those_that_it_has()
    {
        (int code, string error) = Train([], "--device", "cuda:3");

        Assert.Equal((1, "gptsharp: there is no device cuda:3; this machine has cuda:0 (Stand-in 0).\n"), (code, error));
    }

    [Fact]
    public void A_name_that_is_no_device_is_a_wrong_command_line()
    {
        (int code, string error) = Train([], "--device", "cuda:one");

        Assert.Equal(2, code);
        Assert.Contains("train.device is 'cuda:one', but must be one of auto, cpu, cuda, cuda:N, emulator, reference.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_shows_the_device_and_says_why_there_is_none()
    {
        using StandInDriver present = new("DEVICES=2");
        using StandInDriver old = new("VERSION=11000");

        string good = CommandProcess.Run(Environment(present), "doctor").Out;
        string bad = CommandProcess.Run(Environment(old), "doctor").Out;

        Assert.Contains("Stand-in 1, sm_80, 108 multiprocessors, 0.3 GiB", good, StringComparison.Ordinal);
        Assert.Contains("NVIDIA's driver knows CUDA 12.4.", good, StringComparison.Ordinal);
        Assert.Contains("the NVIDIA driver is too old: it has CUDA 11.0", bad, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Environment(StandInDriver standIn) => new() { [CudaDevices.LibraryVariable] = standIn.Path };

    private static (int Code, string Error) Train(string[] script, params string[] more)
    {
        using StandInDriver standIn = new(script);
        using TinyConfig config = new();
        string[] device = more.Contains("--device") ? [] : ["--device", "cuda"];
        (int code, _, string error) = CommandProcess.Run(Environment(standIn), config.Train("run", [.. device, .. more]));
        return (code, error);
    }
}
