using GptSharp.Cuda.Emulation;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.TestKit;
using static GptSharp.TestKit.OpInput;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>Which of the kernels for attention's gradients is launched for what.</summary>
public sealed class AttentionBackwardRouteTests
{
    private static readonly AttentionForm Plain = new(2, 1);

    [Theory]
    [InlineData("fp32", 64, 130, "c64_f32")]
    [InlineData("bf16", 64, 130, "d64_128x32")]
    [InlineData("bf16", 64, 100, "d64_64x64")]
    [InlineData("bf16", 128, 130, "d128_64x32")]
    [InlineData("bf16", 80, 100, "c128_bf16")]
    [InlineData("bf16", 200, 20, "c256_bf16")]
    public void Plain_attention_goes_to_the_kernel_for_its_size(string precision, int headSize, int time, string kernels) =>
        AssertLaunched(precision, Plain, headSize, time, 0, $"keys_{kernels}", $"queries_{kernels}");

    [Theory]
    [InlineData(64, 7, 0, 0, "keys_d64_local_64x64", "queries_d64_local_64x64")]
    [InlineData(64, 0, 2.5, 0, "keys_d64_full_64x32", "queries_d64_full_64x32")]
    [InlineData(64, 0, 0, 0.1, "keys_d64_full_64x32", "queries_d64_full_64x32")]
    [InlineData(128, 7, 0, 0, "keys_d128_local_64x32", "queries_d128_local_64x32")]
    [InlineData(128, 7, 2.5, 0.1, "keys_d128_full_64x16", "queries_d128_full_64x32")]
    public void Other_forms_go_to_the_kernel_that_knows_no_more_than_they_ask(
        int headSize, int window, double softCap, double dropoutRate, string keys, string queries) =>
        AssertLaunched("bf16", Plain with { Window = window, SoftCap = softCap }, headSize, 130, dropoutRate, keys, queries);

    [Fact]
    public void A_kernel_that_does_not_fit_into_the_registers_leaves_its_place_to_a_smaller_one_and_is_named()
    {
        List<string> said = [];
        List<string> launched = Launched(
            new EmulatorDriver(new EmulatorOptions { RegistersPerThread = 200 }) { Log = said.Add }, "bf16", Plain, 64, 130, 0);

        Assert.Equal(["attention_backward_keys_d64_64x64", "attention_backward_queries_d64_64x64"], launched);
        Assert.Contains(said, line => line.Contains("attention_backward_keys_d64_128x32", StringComparison.Ordinal));
        Assert.Contains(said, line => line.Contains("attention_backward_queries_d64_128x32", StringComparison.Ordinal));
    }

    private static void AssertLaunched(
        string precision, AttentionForm form, int headSize, int time, double dropoutRate, string keys, string queries) => Assert.Equal(
            ["attention_backward_" + keys, "attention_backward_" + queries],
            Launched(new EmulatorDriver(new EmulatorOptions()), precision, form, headSize, time, dropoutRate));

    private static List<string> Launched(
        EmulatorDriver driver, string precision, AttentionForm form, int headSize, int time, double dropoutRate)
    {
        List<string> launched = [];
        driver.Launched = launch =>
        {
            if (launch.Kernel.Name.StartsWith("attention_backward_", StringComparison.Ordinal))
            {
                launched.Add(launch.Kernel.Name);
            }
        };
        using Engine engine = new(new CudaBackend(driver, "emulator", new CudaOptions { Graphs = false }));
        OpCase attention = new(
            "attention", t => Tensors.Ops.Attention(t[0], form, Tensor.None, dropoutRate, site: 1),
            Normal((1, time, (form.HeadCount + (2 * form.KeyHeadCount)) * headSize), 1))
        { Training = dropoutRate > 0 };
        OpResult.Of(engine, attention, TestPrecisions.Find(precision), passes: 1);
        return launched;
    }
}
