using GptSharp.Tensors.Backends.Cpu;

namespace GptSharp.Tensors.Tests.Backends.Cpu;

public sealed class CpuFeaturesTests
{
    public static TheoryData<SimdPath> Paths => [.. Enum.GetValues<SimdPath>()];

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_paths_name_selects_it_or_is_refused_with_what_the_processor_has(SimdPath path)
    {
        string name = path.ToString().ToLowerInvariant();
        if (CpuFeatures.IsAvailable(path))
        {
            Assert.Equal(path, CpuFeatures.Select(name));
        }
        else
        {
            string message = Assert.Throws<TensorException>(() => CpuFeatures.Select(name)).Message;
            Assert.Equal(
                $"GPTSHARP_SIMD={name} asks for instructions that this processor lacks; it has {string.Join(", ", CpuFeatures.Available)}.", message);
        }
    }

    [Fact]
    public void No_name_selects_the_widest_path_and_an_unknown_one_is_refused()
    {
        Assert.Equal(CpuFeatures.Available.MaxBy(path => path.Bits()), CpuFeatures.Select(null));
        Assert.Equal(CpuFeatures.Select(null), CpuFeatures.Select(""));
        Assert.Contains("neon or vector128", Assert.Throws<TensorException>(() => CpuFeatures.Select("sse")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_processor_has_the_vectors_of_its_kind_and_the_portable_ones()
    {
        bool isArm = System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64;
        Assert.Equal(isArm, CpuFeatures.IsAvailable(SimdPath.Neon));
        Assert.Contains(SimdPath.Vector128, CpuFeatures.Available);
    }
}
