using Xunit;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>ldmatrix, stmatrix and movmatrix, element by element: element (row, column) of matrix m is the number 64m + 8·row + column.</summary>
public class MatrixRowsTests
{
    public static TheoryData<int, bool> Forms => new() { { 1, false }, { 2, false }, { 4, false }, { 1, true }, { 2, true }, { 4, true } };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Ldmatrix_gives_each_lane_its_two_elements(int matrices, bool transposed)
    {
        uint[][] d = TileRunner.Load(Form("ldmatrix", matrices, transposed), Rows(matrices));
        for (int matrix = 0; matrix < matrices; matrix++)
        {
            for (int lane = 0; lane < 32; lane++)
            {
                Assert.Equal(Held(matrix, lane, transposed), d[matrix][lane]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Stmatrix_puts_each_element_into_its_row(int matrices, bool transposed)
    {
        uint[][] a = [.. Enumerable.Range(0, matrices).Select(matrix => Enumerable.Range(0, 32).Select(lane => Held(matrix, lane, transposed)).ToArray())];
        Assert.Equal(Rows(matrices), TileRunner.Store(Form("stmatrix", matrices, transposed), a));
    }

    [Fact]
    public void Movmatrix_transposes()
    {
        uint[] a = [.. Enumerable.Range(0, 32).Select(lane => Held(0, lane, transposed: false))];
        uint[] d = TileRunner.Run("movmatrix.sync.aligned.m8n8.trans.b16", MmaModel.Fast, [a], [], [])[0];
        Assert.Equal([.. Enumerable.Range(0, 32).Select(lane => Held(0, lane, transposed: true))], d);
    }

    private static string Form(string opcode, int matrices, bool transposed) =>
        $"{opcode}.sync.aligned.m8n8.x{matrices}{(transposed ? ".trans" : "")}.shared.b16";

    private static byte[] Rows(int matrices)
    {
        var rows = new byte[matrices * 128];
        for (int element = 0; element < matrices * 64; element++)
        {
            BitConverter.TryWriteBytes(rows.AsSpan(2 * element), (ushort)element);
        }

        return rows;
    }

    private static uint Held(int matrix, int lane, bool transposed)
    {
        int g = lane / 4;
        int t = lane % 4;
        int low = transposed ? (8 * 2 * t) + g : (8 * g) + (2 * t);
        int high = transposed ? (8 * ((2 * t) + 1)) + g : (8 * g) + (2 * t) + 1;
        return (uint)((64 * matrix) + low) | ((uint)((64 * matrix) + high) << 16);
    }
}
