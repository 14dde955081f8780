using Xunit;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>
/// wmma from memory to memory: load, multiply, store in every shape, type and layout against plain sums of small integers, which are
/// exact in every type and model.
/// </summary>
public class WmmaTests
{
    public static TheoryData<string, string, string, string, string> Products
    {
        get
        {
            var data = new TheoryData<string, string, string, string, string>();
            foreach (string layouts in (string[])["row.col", "row.row", "col.row", "col.col"])
            {
                foreach (string shape in (string[])["m16n16k16", "m32n8k16", "m8n32k16"])
                {
                    data.Add(shape, layouts, "bf16", "f32", "f32");
                    data.Add(shape, layouts, "f16", "f32", "f32");
                    data.Add(shape, layouts, "f16", "f16", "f16");
                    data.Add(shape, layouts, "f16", "f32", "f16");
                    data.Add(shape, layouts, "f16", "f16", "f32");
                }

                data.Add("m16n16k8", layouts, "tf32", "f32", "f32");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Products))]
    public void A_product_from_memory_to_memory_is_the_matrix_product(string shape, string layouts, string factor, string dType, string cType)
    {
        int[] sizes = [.. shape.Split('m', 'n', 'k').Skip(1).Select(int.Parse)];
        (int m, int n, int k) = (sizes[0], sizes[1], sizes[2]);
        var random = new Random(m + (3 * k));
        int[,] a = Draw(random, m, k);
        int[,] b = Draw(random, k, n);
        int[,] c = Draw(random, m, n);
        string aLayout = layouts.Split('.')[0];
        string bLayout = layouts.Split('.')[1];
        uint[][] aFragment = TileRunner.Load($"wmma.load.a.sync.aligned.{aLayout}.{shape}.global.{factor}", Bytes(a, factor, aLayout));
        uint[][] bFragment = TileRunner.Load($"wmma.load.b.sync.aligned.{bLayout}.{shape}.shared.{factor}", Bytes(b, factor, bLayout));
        uint[][] cFragment = TileRunner.Load($"wmma.load.c.sync.aligned.{bLayout}.{shape}.{cType}", Bytes(c, cType, bLayout));

        string types = factor == "f16" ? $"{dType}.{cType}" : $"{dType}.{factor}.{factor}.{cType}";
        foreach (MmaModel model in Enum.GetValues<MmaModel>())
        {
            uint[][] d = TileRunner.Run($"wmma.mma.sync.aligned.{layouts}.{shape}.{types}", model, aFragment, bFragment, cFragment);
            byte[] stored = TileRunner.Store($"wmma.store.d.sync.aligned.{aLayout}.{shape}.global.{dType}", d);

            int[,] expected = new int[m, n];
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    expected[i, j] = c[i, j] + Enumerable.Range(0, k).Sum(p => a[i, p] * b[p, j]);
                }
            }

            Assert.Equal(Bytes(expected, dType, aLayout), stored);
        }
    }

    [Theory]
    [InlineData("m16n16k16", 8, 8, 4, 4)]
    [InlineData("m32n8k16", 8, 8, 8, 2)]
    [InlineData("m8n32k16", 8, 8, 2, 8)]
    public void Fragments_have_the_manuals_numbers_of_registers(string shape, int halfA, int halfB, int brainA, int brainB)
    {
        Assert.Equal(halfA, Registers("a", "f16"));
        Assert.Equal(halfB, Registers("b", "f16"));
        Assert.Equal(brainA, Registers("a", "bf16"));
        Assert.Equal(brainB, Registers("b", "bf16"));
        Assert.Equal(8, Registers("c", "f32"));
        Assert.Equal(4, Registers("c", "f16"));

        int Registers(string matrix, string type) =>
            TileRunner.Bind($"wmma.load.{matrix}.sync.aligned.row.{shape}.global.{type}", MmaModel.Fast).DestinationCount;
    }

    [Fact]
    public void A_change_of_every_register_changes_every_element_alike()
    {
        int[,] a = Draw(new Random(1), 16, 16);
        uint[][] fragment = TileRunner.Load("wmma.load.a.sync.aligned.row.m16n16k16.global.f16", Bytes(a, "f16", "row"));
        uint[][] identity = TileRunner.Load("wmma.load.b.sync.aligned.row.m16n16k16.global.f16", Bytes(Identity(), "f16", "row"));
        uint[][] zero = [.. Enumerable.Range(0, 8).Select(_ => new uint[32])];
        uint[][] negated = [.. fragment.Select(register => register.Select(pair => pair ^ 0x80008000).ToArray())];
        uint[][] d = TileRunner.Run("wmma.mma.sync.aligned.row.row.m16n16k16.f32.f32", MmaModel.Fast, negated, identity, zero);
        byte[] stored = TileRunner.Store("wmma.store.d.sync.aligned.row.m16n16k16.f32", d);
        for (int element = 0; element < 256; element++)
        {
            Assert.Equal(-a[element / 16, element % 16], BitConverter.ToSingle(stored, 4 * element));
        }
    }

    private static int[,] Identity()
    {
        var matrix = new int[16, 16];
        for (int i = 0; i < 16; i++)
        {
            matrix[i, i] = 1;
        }

        return matrix;
    }

    private static int[,] Draw(Random random, int rows, int columns)
    {
        var matrix = new int[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                matrix[i, j] = random.Next(-8, 9);
            }
        }

        return matrix;
    }

    private static byte[] Bytes(int[,] matrix, string type, string layout)
    {
        (int rows, int columns) = (matrix.GetLength(0), matrix.GetLength(1));
        var bytes = new List<byte>();
        for (int index = 0; index < matrix.Length; index++)
        {
            float value = layout == "row" ? matrix[index / columns, index % columns] : matrix[index % rows, index / rows];
            bytes.AddRange(type switch
            {
                "f16" => BitConverter.GetBytes((Half)value),
                "bf16" => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
                _ => BitConverter.GetBytes(value),
            });
        }

        return [.. bytes];
    }
}
