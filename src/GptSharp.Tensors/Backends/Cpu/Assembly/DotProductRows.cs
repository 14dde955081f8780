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
    private const int ChunkPairs = 128, Chunks = 3;

    // One function for each number of rows, and at 0 the one for three chunks of a single row.
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
        ((delegate* unmanaged[SuppressGCTransition]<float*, uint*, long, uint*, long, void>)Code![rows].Start)(
            sums, x, stride * sizeof(uint), panel, pairs);

    /// <summary>sums[chunk, column] = the sum over 128 pairs, for three chunks of one row that follow each other.</summary>
    /// <param name="sums">(3, 32).</param>
    /// <param name="x">384 pairs.</param>
    /// <param name="panel">(384, 32); aligned to 64 bytes.</param>
    public static void RunThreeChunks(float* sums, uint* x, uint* panel) =>
        ((delegate* unmanaged[SuppressGCTransition]<float*, uint*, long, uint*, long, void>)Code![0].Start)(sums, x, 0, panel, ChunkPairs);

    private static ExecutableMemory[]? Assemble()
    {
        if (!DotProductTile.IsAvailable)
        {
            return null;
        }

        try
        {
            return [MachineCode.Place(WriteChunks), .. Enumerable.Range(1, MostRows).Select(rows => MachineCode.Place(code => WriteRows(code, rows)))];
        }
        catch (Win32Exception)
        {
            return null; // a hardened system, see DotProductTile
        }
    }

    // System V: sums in rdi, x in rsi, its stride in bytes in rdx, the panel in rcx, pairs in r8.
    private static void WriteRows(Assembler code, int rows)
    {
        code.lea(r9, __[rdx + (rdx * 2)]);
        code.lea(r10, __[rdx + (rdx * 4)]);
        code.lea(r11, __[r9 + (rdx * 4)]);
        AssemblerMemoryOperand[] row =
        [
            __dword_ptr[rsi], __dword_ptr[rsi + rdx], __dword_ptr[rsi + (rdx * 2)], __dword_ptr[rsi + r9],
            __dword_ptr[rsi + (rdx * 4)], __dword_ptr[rsi + r10], __dword_ptr[rsi + (r9 * 2)], __dword_ptr[rsi + r11],
        ];
        WriteLoop(code, row[..rows], [0]);
    }

    private static void WriteChunks(Assembler code)
    {
        int[] chunks = [.. Enumerable.Range(0, Chunks)];
        WriteLoop(
            code, [.. chunks.Select(chunk => __dword_ptr[rsi + (chunk * ChunkPairs * sizeof(uint))])],
            [.. chunks.Select(chunk => chunk * ChunkPairs * Columns * sizeof(uint))]);
    }

    // Each pair of x meets the panel at one offset, or each at an offset of its own.
    private static void WriteLoop(Assembler code, AssemblerMemoryOperand[] x, int[] offsets)
    {
        Label loop = code.CreateLabel();
        for (int sum = 0; sum < 2 * x.Length; sum++)
        {
            code.vpxord(MachineCode.Zmm(sum), MachineCode.Zmm(sum), MachineCode.Zmm(sum));
        }

        code.Label(ref loop);
        for (int i = 0; i < x.Length; i++)
        {
            if (i < offsets.Length)
            {
                code.vmovdqa64(zmm24, __zmmword_ptr[rcx + offsets[i]]);
                code.vmovdqa64(zmm25, __zmmword_ptr[rcx + offsets[i] + 64]);
            }

            AssemblerRegisterZMM pair = MachineCode.Zmm(26 + (i % Holders));
            code.vpbroadcastd(pair, x[i]);
            code.vdpbf16ps(MachineCode.Zmm(2 * i), pair, zmm24);
            code.vdpbf16ps(MachineCode.Zmm((2 * i) + 1), pair, zmm25);
        }

        code.add(rsi, sizeof(uint));
        code.add(rcx, Columns * sizeof(uint));
        code.dec(r8);
        code.jne(loop);
        for (int sum = 0; sum < 2 * x.Length; sum++)
        {
            code.vmovups(__zmmword_ptr[rdi + (64 * sum)], MachineCode.Zmm(sum));
        }

        code.vzeroupper();
        code.ret();
    }
}
