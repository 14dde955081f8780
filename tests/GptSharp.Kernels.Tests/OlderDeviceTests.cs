using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>The image for devices without BF16 has the binary32 kernels that stream, and no others.</summary>
public sealed class OlderDeviceTests
{
    public static TheoryData<string> Images =>
    [
        "activation", "add", "column_sums", "copy", "dropout", "embedding", "embedding_backward", "fill", "gated_unit", "head_norm", "layer_norm",
        "rms_norm", "rope", "scale", "soft_cap", "token_order",
    ];

    [Theory]
    [MemberData(nameof(Images))]
    public void Every_binary32_kernel_is_there_and_none_for_BF16(string image)
    {
        string[] all = [.. KernelBench.Module(image).Kernels.Keys];
        string[] old = [.. KernelBench.Module(image, 70).Kernels.Keys];

        Assert.Equal(all.Where(name => !name.Contains("bf16", StringComparison.Ordinal)).Order(), old.Order());
        Assert.Contains(".target sm_70", KernelImages.ReadText(image, 70), StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_of_that_image_runs()
    {
        using KernelBench bench = new();
        DeviceBuffer a = bench.Floats(4099, "a"), b = bench.Floats(4099, "b"), y = bench.Output(DType.F32, 4099, "y");

        KernelBench.Module("add", 70).Launch("add_f32", new Dimensions(2), new Dimensions(256), [y, a, b, 4099L], bench.Memory, new LaunchOptions());

        Assert.Equal(a.Read<float>().Zip(b.Read<float>(), (left, right) => left + right), y.Read<float>());
    }
}
