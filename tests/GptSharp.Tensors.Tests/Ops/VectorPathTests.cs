using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

namespace GptSharp.Tensors.Tests.Ops;

/// <summary>Which vector paths the conformance suite ran on: the report names those that it could not.</summary>
public sealed class VectorPathTests
{
    public static TheoryData<SimdPath> Paths => [.. Enum.GetValues<SimdPath>()];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_operation_is_compared_with_Reference_on_the_path(SimdPath path)
    {
        SimdPaths.Require(path);
        Assert.Contains($"cpu {path}", TestBackends.Names);
        Assert.Equal(path, Assert.IsType<CpuBackend>(TestBackends.Create($"cpu {path}")).Path);
    }
}
