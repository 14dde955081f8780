using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.OpCases;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>
/// The gradients of wide binary32 rows on a device with 99 KB of shared memory per block, which holds one and a half rows of 6,160 channels:
/// the kernel that takes two rows to a barrier serves, or that for one where the other does not fit into the registers.
/// </summary>
public sealed class NormSpillTests
{
    private const int EnoughRegisters = 255;

    [Theory]
    [InlineData("layer_norm")]
    [InlineData("rms_norm")]
    public void A_pair_kernel_that_spills_gives_way_to_one_row_at_a_time_and_the_log_says_so(string norm)
    {
        (OpResult expected, CudaKernel pair, List<string> nothing) = Run(norm, EnoughRegisters);
        Assert.Equal(norm + "_backward_pair_f32", pair.Name);
        Assert.Empty(nothing);

        (OpResult actual, CudaKernel single, List<string> log) = Run(norm, pair.Registers - 1);

        Assert.Equal(norm + "_backward_wide_f32", single.Name);
        Assert.StartsWith($"The kernel {norm}_backward_pair_f32 does not fit into the registers", Assert.Single(log), StringComparison.Ordinal);
        Assert.Equal(expected.Output, actual.Output);
        Assert.Equal(expected.Gradients, actual.Gradients);
    }

    [Theory]
    [InlineData("layer_norm")]
    [InlineData("rms_norm")]
    public void One_row_at_a_time_agrees_with_Reference(string norm)
    {
        int registers = Run(norm, EnoughRegisters).Backward.Registers - 1;
        List<string> launched = [];

        OpConformance.CheckAgainstReference(
            Rows(norm), TestPrecisions.Find("fp32"), () => Backend(registers, launch => launched.Add(launch.Kernel.Name), _ => { }));

        Assert.Contains(norm + "_backward_wide_f32", launched);
        Assert.DoesNotContain(norm + "_backward_pair_f32", launched);
    }

    private static OpCase Rows(string norm) => norm switch
    {
        "layer_norm" => LayerNormCases.Case("three rows", (3, 6160)),
        _ => RMSNormCases.Case("three rows", (3, 6160)),
    };

    private static (OpResult Result, CudaKernel Backward, List<string> Log) Run(string norm, int registers)
    {
        List<CudaKernel> launched = [];
        List<string> log = [];
        using Engine engine = new(Backend(registers, launch => launched.Add(launch.Kernel), log.Add));
        OpResult result = OpResult.Of(engine, Rows(norm), TestPrecisions.Find("fp32"));
        return (result, launched.Single(kernel => kernel.Name.StartsWith(norm + "_backward", StringComparison.Ordinal)), log);
    }

    private static CudaBackend Backend(int registers, Action<KernelLaunch> launched, Action<string> log) => new(
        new EmulatorDriver(new EmulatorOptions { Capability = 86, RegistersPerThread = registers }) { Launched = launched, Log = log },
        "emulator",
        new CudaOptions { Graphs = false });
}
