using System.ComponentModel;
using System.Runtime.Intrinsics.X86;
using GptSharp.Tensors.Backends.Cpu.Gemm;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GptSharp.Tensors.Backends.Cpu.Assembly;

/// <summary>
/// The innermost loop of a product of BF16 numbers on processors that have AVX512-BF16, whose instructions .NET does not offer: assembled
/// when first asked for. One <c>vdpbf16ps</c> adds two products to each of sixteen sums, twice what a multiply-add in binary32 does.
/// </summary>
/// <remarks>
/// The tile has 12 rows and 32 columns: 24 registers of sums, two of b, and six that take turns at holding a pair of a. What is left over at
/// the bottom of a matrix goes through a tile of four rows. Each sum runs over the pairs of terms in order; within a pair the processor adds the second term's product first, then the first one's, each rounded to
/// nearest even, with subnormal numbers taken as zero (Intel, Instruction Set Reference, VDPBF16PS).
/// </remarks>
internal static unsafe class DotProductTile
{
    /// <summary>Rows of the tile.</summary>
    public const int Rows = 12;

    /// <summary>Columns of the tile.</summary>
    public const int Columns = 32;

    private const int Holders = 6;

    private const int PrefetchDistance = 64 * Rows * sizeof(uint);

    private static readonly ExecutableMemory? Code = Assemble(Rows), CodeOfFew = Assemble(FewRowsTile.Rows);

    /// <summary>Whether this processor and system can run it.</summary>
    public static bool IsAvailable => Code is not null && CodeOfFew is not null;

    /// <summary>tile = sum over pairs of a[pair, row]·b[pair, column], added to what is there if asked.</summary>
    /// <param name="tile">The result's corner.</param>
    /// <param name="stride">The result's leading dimension.</param>
    /// <param name="a">Packed panel, (pairs, 12), two BF16 numbers each.</param>
    /// <param name="b">Packed panel, (pairs, 32), two BF16 numbers each; aligned to 64 bytes.</param>
    /// <param name="pairs">At least 1.</param>
    /// <param name="add">Adds to the tile instead of overwriting it.</param>
    /// <param name="ahead">Memory to ask for meanwhile.</param>
    public static void Run(float* tile, long stride, uint* a, uint* b, long pairs, bool add, ref ReadAhead ahead)
    {
        fixed (ReadAhead* lines = &ahead)
        {
            Call(Code!, tile, stride, a, b, pairs, add, lines);
        }
    }

    /// <summary>The same for four of the twelve rows that lie side by side in a panel; <paramref name="a"/> is the first of them.</summary>
    public static void RunFew(float* tile, long stride, uint* a, uint* b, long pairs, bool add)
    {
        ReadAhead nothing = default;
        Call(CodeOfFew!, tile, stride, a, b, pairs, add, &nothing);
    }

    /// <summary>Whether the processor has the instruction, and the system keeps its registers.</summary>
    public static bool HasInstruction =>
        Avx512F.IsSupported && X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    private static void Call(ExecutableMemory code, float* tile, long stride, uint* a, uint* b, long pairs, bool add, ReadAhead* ahead) =>
        ((delegate* unmanaged[SuppressGCTransition]<float*, long, uint*, uint*, long, int, ReadAhead*, void>)code.Start)(
            tile, stride * sizeof(float), a, b, pairs, add ? 1 : 0, ahead);

    private static ExecutableMemory? Assemble(int rows)
    {
        if (!ExecutableMemory.IsSupported || !HasInstruction)
        {
            return null;
        }

        try
        {
            return MachineCode.Place(code => Write(code, rows));
        }
        catch (Win32Exception)
        {
            return null; // a hardened system: the kernels in C# do the same
        }
    }

    // System V: tile in rdi, its stride in bytes in rsi, a in rdx, b in rcx, pairs in r8, add in r9, memory to ask for on the stack.
    private static void Write(Assembler code, int rows)
    {
        Label some = code.CreateLabel(), pair = code.CreateLabel(), overwrite = code.CreateLabel(), done = code.CreateLabel();
        for (int sum = 0; sum < 2 * rows; sum++)
        {
            code.vpxord(Sum(sum), Sum(sum), Sum(sum));
        }

        var lines = new LinesAhead(code);
        lines.Begin();
        code.Label(ref some);
        lines.Prefetch();
        code.mov(rax, ReadAhead.StepsPerLine);
        code.cmp(r8, rax);
        code.cmovb(rax, r8);
        code.sub(r8, rax);

        code.Label(ref pair);
        code.vmovdqa64(zmm24, __zmmword_ptr[rcx]);
        code.vmovdqa64(zmm25, __zmmword_ptr[rcx + 64]);
        code.prefetcht0(__byte_ptr[rdx + PrefetchDistance]); // the panels of a come from the second cache, or the third
        for (int row = 0; row < rows; row++)
        {
            AssemblerRegisterZMM holder = Holder(row);
            code.vpbroadcastd(holder, __dword_ptr[rdx + (4 * row)]);
            code.vdpbf16ps(Sum(2 * row), holder, zmm24);
            code.vdpbf16ps(Sum((2 * row) + 1), holder, zmm25);
        }

        code.add(rdx, 4 * Rows);
        code.add(rcx, 4 * Columns);
        code.dec(rax);
        code.jne(pair);
        code.test(r8, r8);
        code.jne(some);
        lines.End();

        code.test(r9d, r9d);
        code.je(overwrite);
        for (int row = 0; row < rows; row++)
        {
            code.vaddps(Sum(2 * row), Sum(2 * row), __zmmword_ptr[rdi]);
            code.vaddps(Sum((2 * row) + 1), Sum((2 * row) + 1), __zmmword_ptr[rdi + 64]);
            StoreRow(code, row);
        }

        code.jmp(done);
        code.Label(ref overwrite);
        for (int row = 0; row < rows; row++)
        {
            StoreRow(code, row);
        }

        code.Label(ref done);
        code.vzeroupper();
        code.ret();
    }

    private static void StoreRow(Assembler code, int row)
    {
        code.vmovups(__zmmword_ptr[rdi], Sum(2 * row));
        code.vmovups(__zmmword_ptr[rdi + 64], Sum((2 * row) + 1));
        code.add(rdi, rsi);
    }

    private static AssemblerRegisterZMM Sum(int index) => MachineCode.Zmm(index);

    private static AssemblerRegisterZMM Holder(int row) => MachineCode.Zmm(26 + (row % Holders));
}
