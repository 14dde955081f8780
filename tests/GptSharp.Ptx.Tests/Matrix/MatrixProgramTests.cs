using System.Runtime.InteropServices;
using Xunit;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>Every mma, ldmatrix and stmatrix form in a kernel, element by element against the manual's tables.</summary>
public class MatrixProgramTests
{
    public static TheoryData<string, MmaModel> MmaForms => MmaTests.Forms;

    public static TheoryData<int, bool> RowForms => MatrixRowsTests.Forms;

    [Theory]
    [MemberData(nameof(MmaForms))]
    public void A_kernels_mma_multiplies_the_one_element_of_A_and_of_B(string form, MmaModel model)
    {
        // One block for each element of A; that of B lies in the same k, that of C anywhere else.
        var shape = new MmaForm(form);
        (int Row, int K, int Column)[] cases = [.. from row in Enumerable.Range(0, 16)
            from k in Enumerable.Range(0, shape.Depth)
            select (row, k, ((3 * row) + k) % 8)];
        uint[][][] a = [.. cases.Select(one => shape.ScatterA(OneHot(16, shape.Depth, one.Row, one.K, shape.One)))];
        uint[][][] b = [.. cases.Select(one => shape.ScatterB(OneHot(shape.Depth, 8, one.K, one.Column, shape.Two)))];
        uint five = shape.Accumulator == "f32" ? 0x40a00000u : 0x4500u;
        uint[][][] c = [.. cases.Select(one => shape.ScatterC(OneHot(16, 8, 15 - one.Row, 7 - one.Column, five)))];
        uint[][][] d = MatrixProgram.Run("mma.sync.aligned." + form, model, c[0].Length, a, b, c);
        for (int index = 0; index < cases.Length; index++)
        {
            uint[,] result = shape.GatherD(d[index]);
            (int row, _, int column) = cases[index];
            for (int i = 0; i < 16; i++)
            {
                for (int j = 0; j < 8; j++)
                {
                    float expected = (i == row && j == column ? 2 : 0) + (i == 15 - row && j == 7 - column ? 5 : 0);
                    Assert.Equal(expected, shape.Value(result[i, j]));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(RowForms))]
    public void A_kernels_ldmatrix_gathers_rows_from_wherever_the_lanes_point(int matrices, bool transposed)
    {
        // 64 rows of 8 numbered elements; the addresses of lanes beyond the matrices' rows mean nothing.
        byte[] shared = Numbered(64 * 8);
        uint[] rows = [.. Enumerable.Range(0, 32).Select(lane => (uint)((lane * 37) + 11) % 64)];
        string form = $"ldmatrix.sync.aligned.m8n8.x{matrices}{(transposed ? ".trans" : "")}.shared.b16";
        uint[] d = [.. MemoryMarshal.Cast<byte, uint>(MatrixProgram.Shared(form, matrices, shared, rows, store: false))];
        for (int matrix = 0; matrix < matrices; matrix++)
        {
            for (int lane = 0; lane < 32; lane++)
            {
                int g = lane / 4;
                int t = lane % 4;
                uint low = transposed ? Element((2 * t), g) : Element(g, 2 * t);
                uint high = transposed ? Element((2 * t) + 1, g) : Element(g, (2 * t) + 1);
                Assert.Equal(low | (high << 16), d[(32 * matrix) + lane]);
            }

            uint Element(int row, int column) => (8 * rows[(8 * matrix) + row]) + (uint)column;
        }
    }

    [Theory]
    [MemberData(nameof(RowForms))]
    public void A_kernels_stmatrix_scatters_rows_to_wherever_the_lanes_point(int matrices, bool transposed)
    {
        byte[] before = Numbered(64 * 8);
        uint[] rows = [.. Enumerable.Range(0, 32).Select(lane => (uint)((lane * 37) + 11) % 64)];
        string form = $"stmatrix.sync.aligned.m8n8.x{matrices}{(transposed ? ".trans" : "")}.shared.b16";
        ushort[] after = [.. MemoryMarshal.Cast<byte, ushort>(MatrixProgram.Shared(form, matrices, before, rows, store: true))];
        ushort[] expected = [.. MemoryMarshal.Cast<byte, ushort>(before)];
        for (int matrix = 0; matrix < matrices; matrix++)
        {
            for (int lane = 0; lane < 32; lane++)
            {
                // Register m of lane l holds the number 32m + l: its low half is that, its high half zero.
                int g = lane / 4;
                int t = lane % 4;
                Set(transposed ? 2 * t : g, transposed ? g : 2 * t, (ushort)((32 * matrix) + lane));
                Set(transposed ? (2 * t) + 1 : g, transposed ? g : (2 * t) + 1, 0);
            }

            void Set(int row, int column, ushort value) => expected[(8 * rows[(8 * matrix) + row]) + column] = value;
        }

        Assert.Equal(expected, after);
    }

    [Fact]
    public void A_kernels_movmatrix_transposes()
    {
        uint[] a = [.. Enumerable.Range(0, 32).Select(lane => (uint)(2 * lane) | ((uint)((2 * lane) + 1) << 16))];
        uint[] d = MatrixProgram.Run("movmatrix.sync.aligned.m8n8.trans.b16", MmaModel.Fast, 1, [[a]], [[]], [[]])[0][0];
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane / 4;
            int t = lane % 4;
            Assert.Equal((uint)((8 * 2 * t) + g) | ((uint)((8 * ((2 * t) + 1)) + g) << 16), d[lane]);
        }
    }

    private static uint[,] OneHot(int rows, int columns, int row, int column, uint value)
    {
        var matrix = new uint[rows, columns];
        matrix[row, column] = value;
        return matrix;
    }

    private static byte[] Numbered(int elements)
    {
        ushort[] numbers = [.. Enumerable.Range(0, elements).Select(index => (ushort)index)];
        return MemoryMarshal.AsBytes<ushort>(numbers).ToArray();
    }
}
