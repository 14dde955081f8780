using GptSharp.Tensors.Backends.Cpu;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>The vector paths of the machine that runs the tests.</summary>
internal static class SimdPaths
{
    /// <summary>Skips the test where the machine lacks the path, and says so.</summary>
    public static void Require(SimdPath path)
    {
        if (!CpuFeatures.IsAvailable(path))
        {
            Assert.Skip($"This machine has no {path}.");
        }
    }
}
