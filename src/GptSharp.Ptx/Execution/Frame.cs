using System.Runtime.InteropServices;
using GptSharp.Ptx.Execution.Decoding;

namespace GptSharp.Ptx.Execution;

/// <summary>The registers of a warp in one activation of a function.</summary>
internal sealed unsafe class Frame : IDisposable
{
    /// <summary>Takes memory and fills in what never changes: literals and most special registers.</summary>
    public Frame(KernelProgram program, int function, Warp warp)
    {
        Function = program.Functions[function];
        Number = function;
        Registers = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(Function.FrameBytes, 64), 64);
        NativeMemory.Clear(Registers, (nuint)Function.FrameBytes);
        foreach ((int offset, int slotBytes, ulong bits) in Function.Constants)
        {
            Fill(offset, slotBytes, bits);
        }

        foreach ((int offset, int slotBytes, SpecialRegister register) in Function.Specials)
        {
            for (int lane = 0; lane < WarpSize.Lanes; lane++)
            {
                Set(offset, slotBytes, lane, warp.Special(register, lane));
            }
        }
    }

    /// <summary>The function.</summary>
    public ProgramFunction Function { get; }

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>The registers.</summary>
    public byte* Registers { get; private set; }

    /// <summary>Where its frame in local memory begins.</summary>
    public int LocalBase { get; private set; }

    /// <summary>Makes it new: what is read before it is written is zero again.</summary>
    public void Begin(Warp warp, int localBase)
    {
        LocalBase = localBase;
        foreach ((int offset, int bytes) in Function.Cleared)
        {
            NativeMemory.Clear(Registers + offset, (nuint)bytes);
        }

        foreach ((int offset, int slotBytes, SpecialRegister register) in Function.Specials)
        {
            switch (register)
            {
                case SpecialRegister.BlockX or SpecialRegister.BlockY or SpecialRegister.BlockZ:
                    Fill(offset, slotBytes, warp.Special(register, 0));
                    break;
                case SpecialRegister.FrameBase:
                    Fill(offset, slotBytes, (ulong)localBase);
                    break;
                case SpecialRegister.CarryFlags:
                    *(uint*)(Registers + offset) = 0;
                    break;
                default:
                    break;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Registers);
        Registers = null;
    }

    private void Fill(int offset, int slotBytes, ulong bits)
    {
        for (int lane = 0; lane < WarpSize.Lanes; lane++)
        {
            Set(offset, slotBytes, lane, bits);
        }
    }

    private void Set(int offset, int slotBytes, int lane, ulong bits)
    {
        if (slotBytes == 8)
        {
            ((ulong*)(Registers + offset))[lane] = bits;
        }
        else
        {
            ((uint*)(Registers + offset))[lane] = (uint)bits;
        }
    }
}
