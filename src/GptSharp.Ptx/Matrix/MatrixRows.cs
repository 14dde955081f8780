using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GptSharp.Ptx.Arithmetic;

namespace GptSharp.Ptx.Matrix;

/// <summary>
/// <c>ldmatrix, stmatrix, movmatrix</c>: 8 by 8 matrices of 16-bit elements. Lane l = 4g + t holds elements (g, 2t) and (g, 2t + 1), the
/// former in the low half; transposed, elements (2t, g) and (2t + 1, g).
/// </summary>
internal static unsafe class MatrixRows
{
    /// <summary>In the control argument: transposed. The other bits are the number of matrices.</summary>
    public const int Transposed = 0x100;

    /// <summary>Elements of a row.</summary>
    public const int Size = 8;

    private const int RowBytes = 2 * Size;

    /// <summary>Registers from the rows of 16 bytes that were loaded.</summary>
    public static void Load(byte* registers, int* offsets, byte* rows, int control)
    {
        for (int matrix = 0; matrix < (control & 0xff); matrix++)
        {
            byte* from = rows + (matrix * Size * RowBytes);
            uint* to = (uint*)(registers + offsets[matrix]);
            if ((control & Transposed) == 0)
            {
                Vector512.Load(from).Store((byte*)to);
                Vector512.Load(from + 64).Store((byte*)to + 64);
                continue;
            }

            Transpose((ushort*)from, (ushort*)to);
        }
    }

    // Element (2t + h, g) goes to half h of lane 4g + t: as 16-bit elements in memory, the transposed matrix.
    private static void Transpose(ushort* from, ushort* to)
    {
        if (Avx512BW.IsSupported)
        {
            Vector512<ushort> low = Vector512.Load(from);
            Vector512<ushort> high = Vector512.Load(from + 32);
            Vector512<ushort> columns = Vector512.Create(
                (ushort)0, 8, 16, 24, 32, 40, 48, 56, 1, 9, 17, 25, 33, 41, 49, 57, 2, 10, 18, 26, 34, 42, 50, 58, 3, 11, 19, 27, 35, 43, 51, 59);
            Avx512BW.PermuteVar32x16x2(low, columns, high).Store(to);
            Avx512BW.PermuteVar32x16x2(low, columns + Vector512.Create((ushort)4), high).Store(to + 32);
            return;
        }

        for (int row = 0; row < Size; row++)
        {
            for (int column = 0; column < Size; column++)
            {
                to[(column * Size) + row] = from[(row * Size) + column];
            }
        }
    }

    /// <summary>Rows of 16 bytes, to be stored, from registers.</summary>
    public static void Store(byte* registers, int* offsets, byte* rows, int control)
    {
        for (int matrix = 0; matrix < (control & 0xff); matrix++)
        {
            uint* from = (uint*)(registers + offsets[matrix]);
            byte* to = rows + (matrix * Size * RowBytes);
            if ((control & Transposed) == 0)
            {
                Buffer.MemoryCopy(from, to, Size * RowBytes, Size * RowBytes);
                continue;
            }

            ushort* elements = (ushort*)to;
            for (int lane = 0; lane < Lanes.Count; lane++)
            {
                int g = lane >> 2;
                int t = lane & 3;
                elements[(2 * t * Size) + g] = (ushort)from[lane];
                elements[(((2 * t) + 1) * Size) + g] = (ushort)(from[lane] >> 16);
            }
        }
    }

    /// <summary>The transposed matrix of one register in another.</summary>
    public static void Move(byte* registers, int* offsets, byte* rows, int control)
    {
        byte* scratch = stackalloc byte[Size * RowBytes];
        Store(registers, offsets + 1, scratch, 1 | Transposed);
        Load(registers, offsets, scratch, 1);
    }
}
