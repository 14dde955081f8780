using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Threading;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Work that is compiled once per register width and runs on the calling thread.</summary>
internal interface ILaneAction
{
    public void Run<T>()
        where T : unmanaged, ILanes<T>;
}

/// <summary>
/// Work that is compiled once per register width and split into numbered parts. The parts depend on the problem's size only
/// and write disjoint memory, so any number of threads, in any order, gives the same bits.
/// </summary>
internal interface ILaneKernel
{
    public void Run<T>(int part)
        where T : unmanaged, ILanes<T>;
}

/// <summary>The one place where a kernel meets a register width and the thread team.</summary>
internal static class LaneDispatch
{
    [ThreadStatic]
    private static int s_forcedWidth;

    /// <summary>Register widths that this machine can run, in bits, widest first.</summary>
    public static int[] SupportedWidths { get; } = [.. new[] { 512, 256, 128 }.Where(IsSupported)];

    /// <summary>For tests: the register width of what the calling thread starts from now on; 0 leaves the choice.</summary>
    public static void Force(int width) => s_forcedWidth = width;

    private static int Width => s_forcedWidth != 0 ? s_forcedWidth : SupportedWidths[0];

    private static bool IsSupported(int width) => width switch
    {
        512 => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512DQ.IsSupported,
        256 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };

    /// <summary>Runs the action with the widest registers in use.</summary>
    public static void Run<TAction>(in TAction action)
        where TAction : struct, ILaneAction
    {
        switch (Width)
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

    /// <summary>Runs parts 0 ... count - 1 of the kernel on the team, with the widest registers in use.</summary>
    public static void For<TKernel>(ThreadTeam team, int count, in TKernel kernel)
        where TKernel : struct, ILaneKernel
    {
        switch (Width)
        {
            case 512:
                team.For(count, new Parts<TKernel, Lanes512>(kernel));
                break;
            case 256:
                team.For(count, new Parts<TKernel, Lanes256>(kernel));
                break;
            default:
                team.For(count, new Parts<TKernel, Lanes128>(kernel));
                break;
        }
    }

    private readonly struct Parts<TKernel, T>(TKernel kernel) : IParallelBody
        where TKernel : struct, ILaneKernel
        where T : unmanaged, ILanes<T>
    {
        public void Run(int index) => kernel.Run<T>(index);
    }
}
