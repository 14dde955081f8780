using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>
/// On a machine with fused multiply-add the path of 128 bits has it, too. What it does elsewhere is seen in a process whose runtime is told
/// that there is none.
/// </summary>
public sealed class WithoutFusedMultiplyTests
{
    [Theory]
    [InlineData(typeof(CrossEntropyKernelTests))]
    [InlineData(typeof(VectorMathTests))]
    public void Kernels_keep_their_bounds(Type tests)
    {
        Assert.SkipUnless(X86Base.IsSupported, "every 64-bit Arm has fused multiply-add.");
        ProcessStartInfo start = new("dotnet", [typeof(WithoutFusedMultiplyTests).Assembly.Location, "-class", tests.FullName!])
        {
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_EnableAVX2"] = "0", ["DOTNET_EnableAVX"] = "0", ["DOTNET_EnableFMA"] = "0", ["GPTSHARP_SIMD"] = "vector128" },
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
    }
}
