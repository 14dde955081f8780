using System.ComponentModel;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GptSharp.Tensors.Backends.Cpu.Assembly;

/// <summary>Twelve independent chains of BF16 dot products in registers: what no product of BF16 matrices can exceed.</summary>
internal static unsafe class DotProductChain
{
    /// <summary>Operations of a round: 12 instructions of 16 sums of two products.</summary>
    public const long FlopsPerRound = Chains * 16 * 2 * 2;

    private const int Chains = 12;

    private static readonly ExecutableMemory? Code = Assemble();

    /// <summary>Whether this processor and system can run it.</summary>
    public static bool IsAvailable => Code is not null;

    /// <summary>Runs the chains.</summary>
    public static void Run(long rounds) => ((delegate* unmanaged<long, void>)Code!.Start)(rounds);

    private static ExecutableMemory? Assemble()
    {
        if (!DotProductTile.IsAvailable)
        {
            return null;
        }

        try
        {
            return MachineCode.Place(Write);
        }
        catch (Win32Exception)
        {
            return null; // a hardened system, see DotProductTile
        }
    }

    // System V: rounds in rdi.
    private static void Write(Assembler code)
    {
        Label loop = code.CreateLabel();
        for (int register = 0; register < Chains + 2; register++)
        {
            AssemblerRegisterZMM zmm = MachineCode.Zmm(register);
            code.vpxord(zmm, zmm, zmm);
        }

        code.Label(ref loop);
        for (int chain = 0; chain < Chains; chain++)
        {
            code.vdpbf16ps(MachineCode.Zmm(chain), MachineCode.Zmm(Chains), MachineCode.Zmm(Chains + 1));
        }

        code.dec(rdi);
        code.jne(loop);
        code.vzeroupper();
        code.ret();
    }
}
