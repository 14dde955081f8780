using System.ComponentModel;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace GptSharp.Tensors.Backends.Cpu.Assembly;

/// <summary>
/// One to eight rows of BF16 numbers, as they lie, times a panel of 32 columns: <see cref="DotProductTile"/> for few rows, which adds up in
/// the same order.
/// </summary>
internal static unsafe class DotProductRows
{
    /// <summary>Rows at most.</summary>
    public const int MostRows = 8;

    private const int Columns = DotProductTile.Columns, Holders = 6;

    // Panels follow each other, so this reaches into the next one while what lies between the two is done, and over the page's end, where
    // the processor's own reading ahead stops; half of it is worse than nothing.
    private const int BytesAhead = 4096;

    // One function for each number of rows, from 1.
    private static readonly ExecutableMemory[]? Code = Assemble();

    /// <summary>Whether this processor and system can run it.</summary>
    public static bool IsAvailable => Code is not null;

    /// <summary>sums[row, column] = sum over pairs of x[row, pair]·panel[pair, column].</summary>
    /// <param name="sums">(rows, 32).</param>
    /// <param name="x">Rows of pairs.</param>
    /// <param name="stride">Pairs from row to row.</param>
    /// <param name="panel">(pairs, 32), two BF16 numbers each; aligned to 64 bytes.</param>
    /// <param name="pairs">At least 1.</param>
    /// <param name="rows">1 to 8.</param>
    public static void Run(float* sums, uint* x, long stride, uint* panel, long pairs, int rows) =>
        ((delegate* unmanaged[SuppressGCTransition]<float*, uint*, long, uint*, long, void>)Code![rows - 1].Start)(
            sums, x, stride * sizeof(uint), panel, pairs);

    private static ExecutableMemory[]? Assemble()
    {
        if (!DotProductTile.IsAvailable)
        {
            return null;
        }

        try
        {
            return [.. Enumerable.Range(1, MostRows).Select(rows => MachineCode.Place(code => Write(code, rows)))];
        }
        catch (Win32Exception)
        {
            return null; // a hardened system, see DotProductTile
        }
    }

    // System V: sums in rdi, x in rsi, its stride in bytes in rdx, the panel in rcx, pairs in r8.
    private static void Write(Assembler code, int rows)
    {
        Label loop = code.CreateLabel();
        code.lea(r9, __[rdx + (rdx * 2)]);
        code.lea(r10, __[rdx + (rdx * 4)]);
        code.lea(r11, __[r9 + (rdx * 4)]);
        AssemblerMemoryOperand[] x =
        [
            __dword_ptr[rsi], __dword_ptr[rsi + rdx], __dword_ptr[rsi + (rdx * 2)], __dword_ptr[rsi + r9],
            __dword_ptr[rsi + (rdx * 4)], __dword_ptr[rsi + r10], __dword_ptr[rsi + (r9 * 2)], __dword_ptr[rsi + r11],
        ];
        for (int sum = 0; sum < 2 * rows; sum++)
        {
            code.vpxord(MachineCode.Zmm(sum), MachineCode.Zmm(sum), MachineCode.Zmm(sum));
        }

        code.Label(ref loop);
        code.vmovdqa64(zmm24, __zmmword_ptr[rcx]);
        code.vmovdqa64(zmm25, __zmmword_ptr[rcx + 64]);
        code.prefetcht0(__byte_ptr[rcx + BytesAhead]);
        code.prefetcht0(__byte_ptr[rcx + (BytesAhead + 64)]);
        for (int row = 0; row < rows; row++)
        {
            AssemblerRegisterZMM pair = MachineCode.Zmm(26 + (row % Holders));
            code.vpbroadcastd(pair, x[row]);
            code.vdpbf16ps(MachineCode.Zmm(2 * row), pair, zmm24);
            code.vdpbf16ps(MachineCode.Zmm((2 * row) + 1), pair, zmm25);
        }

        code.add(rsi, sizeof(uint));
        code.add(rcx, Columns * sizeof(uint));
        code.dec(r8);
        code.jne(loop);
        for (int sum = 0; sum < 2 * rows; sum++)
        {
            code.vmovups(__zmmword_ptr[rdi + (64 * sum)], MachineCode.Zmm(sum));
        }

        code.vzeroupper();
        code.ret();
    }
}
