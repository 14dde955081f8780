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
    /// <summary>Runs the action with the registers of <paramref name="path"/>.</summary>
    public static void Run<TAction>(in TAction action, SimdPath path)
        where TAction : struct, ILaneAction
    {
        switch (path)
        {
            case SimdPath.Avx512 or SimdPath.Avx512BF16:
                action.Run<Lanes512>();
                break;
            case SimdPath.Avx2:
                action.Run<Lanes256>();
                break;
            case SimdPath.Neon:
                action.Run<LanesNeon>();
                break;
            default:
                action.Run<Lanes128>();
                break;
        }
    }

    /// <summary>Runs parts 0 ... count - 1 of the kernel on the team, with the team's registers.</summary>
    public static void For<TKernel>(ThreadTeam team, int count, in TKernel kernel)
        where TKernel : struct, ILaneKernel
    {
        switch (team.Path)
        {
            case SimdPath.Avx512 or SimdPath.Avx512BF16:
                team.For(count, new Body<TKernel, Lanes512>(kernel));
                break;
            case SimdPath.Avx2:
                team.For(count, new Body<TKernel, Lanes256>(kernel));
                break;
            case SimdPath.Neon:
                team.For(count, new Body<TKernel, LanesNeon>(kernel));
                break;
            default:
                team.For(count, new Body<TKernel, Lanes128>(kernel));
                break;
        }
    }

    private readonly struct Body<TKernel, T>(TKernel kernel) : IParallelBody
        where TKernel : struct, ILaneKernel
        where T : unmanaged, ILanes<T>
    {
        public void Run(int index) => kernel.Run<T>(index);
    }
}
