using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training.Accounting;

namespace GptSharp.Training.Tests.Accounting;

public sealed class AcceleratorsTests
{
    [Theory]
    [InlineData("NVIDIA A100-SXM4-40GB", "A100 40GB")]
    [InlineData("NVIDIA A100-PCIE-40GB", "A100 40GB")]
    [InlineData("NVIDIA A100-SXM4-80GB", "A100 80GB SXM")]
    [InlineData("NVIDIA A100 80GB PCIe", "A100 80GB PCIe")]
    [InlineData("NVIDIA H100 80GB HBM3", "H100 SXM")]
    [InlineData("NVIDIA H100 PCIe", "H100 PCIe")]
    [InlineData("NVIDIA H200", "H200")]
    [InlineData("NVIDIA B200", "B200")]
    [InlineData("NVIDIA L4", "L4")]
    [InlineData("NVIDIA L40S", "L40S")]
    [InlineData("NVIDIA GeForce RTX 4090", "RTX 4090")]
    [InlineData("NVIDIA GeForce RTX 3090", "RTX 3090")]
    [InlineData("Tesla V100-SXM2-16GB", "V100 SXM2")]
    [InlineData("Tesla V100-PCIE-16GB", "V100 PCIe")]
    [InlineData("Tesla T4", "T4")]
    public void Names_of_drivers_are_found(string device, string name) => Assert.Equal(name, Accelerators.Find(device)?.Name);

    [Theory]
    [InlineData("NVIDIA GeForce RTX 4090 Laptop GPU")]
    [InlineData("NVIDIA GeForce RTX 3090 Ti")]
    [InlineData("NVIDIA H100 NVL")]
    [InlineData("NVIDIA L40")]
    [InlineData("NVIDIA GH200 480GB")]
    [InlineData("AMD Instinct MI300X")]
    public void Siblings_and_strangers_are_unknown_rather_than_guessed(string device) => Assert.Null(Accelerators.Find(device));

    [Fact]
    public void Every_row_has_a_source_and_no_figure_of_sparse_matrices()
    {
        foreach (Accelerator accelerator in Accelerators.All)
        {
            Assert.False(string.IsNullOrWhiteSpace(accelerator.Source));
            Assert.True(accelerator.Bandwidth > 0 && accelerator.Fp32 > 0);
        }

        Assert.Equal(989.5e12, DevicePeak.Of(Accelerators.Find("NVIDIA H100 80GB HBM3")!, DType.BF16).FlopsPerSecond);
        Assert.Equal(312e12, DevicePeak.Of(Accelerators.Find("NVIDIA A100-SXM4-80GB")!, DType.BF16).FlopsPerSecond);
        Assert.Null(DevicePeak.Of(Accelerators.Find("Tesla T4")!, DType.BF16).FlopsPerSecond);      // it computes no bf16
    }

    [Fact]
    public void The_peak_of_a_cpu_is_measured_and_that_of_the_reference_unknown()
    {
        using Device cpu = Devices.Open("cpu", 1);
        DevicePeak peak = DevicePeak.Of(cpu, DType.F32);
        Assert.True(peak.FlopsPerSecond > 1e8);
        Assert.Contains("measured", peak.Text, StringComparison.Ordinal);
        using Device reference = Devices.Open("reference");
        string kind = ((CpuBackend)cpu.Engine.Backend).Path == SimdPath.Avx512BF16 ? "bf16 dot products" : "fp32 multiply-adds";
        Assert.Contains(kind, DevicePeak.Of(cpu, DType.BF16).Source, StringComparison.Ordinal);
        Assert.Equal("unknown", DevicePeak.Of(reference, DType.F64).Text);
    }

    [Fact]
    public void A_peak_that_was_measured_too_low_is_raised_and_no_peak_is_lowered()
    {
        using Device cpu = Devices.Open("cpu", 1), reference = Devices.Open("reference");
        DevicePeak low = new(1e6, "measured while the machine was busy"), high = new(1e18, "no machine of ours");
        Assert.True(low.MeasuredAgain(cpu.Engine.Backend, DType.F32).FlopsPerSecond > 1e8);
        Assert.Same(high, high.MeasuredAgain(cpu.Engine.Backend, DType.F32));
        Assert.Same(high, high.MeasuredAgain(reference.Engine.Backend, DType.F64));
    }
}
