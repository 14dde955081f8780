using System.Runtime.Intrinsics.X86;

namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Work that is compiled once per register width and runs on the calling thread.</summary>
internal interface ILaneAction
{
    public void Run<T>()
        where T : unmanaged, ILanes<T>;
}

/// <summary>The one place where a kernel meets a register width.</summary>
internal static class LaneDispatch
{
    /// <summary>Runs the action with the widest registers in use.</summary>
    public static void Run<TAction>(in TAction action)
        where TAction : struct, ILaneAction
    {
        if (Avx512F.IsSupported && Avx512DQ.IsSupported)
        {
            action.Run<Lanes512>();
        }
        else if (Avx2.IsSupported && Fma.IsSupported)
        {
            action.Run<Lanes256>();
        }
        else
        {
            action.Run<Lanes128>();
        }
    }
}
