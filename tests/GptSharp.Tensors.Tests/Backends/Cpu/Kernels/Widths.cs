using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Kernels;
using Xunit;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>Runs work at one register width, whatever the machine would choose.</summary>
internal static class Widths
{
    /// <summary>Skips the test where the machine lacks the width, and says so.</summary>
    public static void Require(int width)
    {
        bool supported = width switch
        {
            512 => Avx512F.IsSupported && Avx512DQ.IsSupported,
            256 => Avx2.IsSupported && Fma.IsSupported,
            _ => true,
        };
        if (!supported)
        {
            Assert.Skip($"This machine has no {width}-bit registers.");
        }
    }

    public static void Run<TAction>(int width, TAction action)
        where TAction : struct, ILaneAction
    {
        switch (width)
        {
            case 512:
                action.Run<Lanes512>();
                break;
            case 256:
                action.Run<Lanes256>();
                break;
            default:
                action.Run<Lanes128>();
                break;
        }
    }
}
