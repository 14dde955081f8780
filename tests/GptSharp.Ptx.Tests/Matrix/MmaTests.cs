using Xunit;

namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>mma in every form and model: places by one-hot operands, values against exact sums.</summary>
public class MmaTests
{
    public static TheoryData<string, MmaModel> Forms
    {
        get
        {
            var data = new TheoryData<string, MmaModel>();
            foreach (MmaModel model in Enum.GetValues<MmaModel>())
            {
                data.Add("m16n8k16.row.col.f32.bf16.bf16.f32", model);
                data.Add("m16n8k16.row.col.f32.f16.f16.f32", model);
                data.Add("m16n8k16.row.col.f16.f16.f16.f16", model);
                data.Add("m16n8k8.row.col.f32.bf16.bf16.f32", model);
                data.Add("m16n8k8.row.col.f32.f16.f16.f32", model);
                data.Add("m16n8k8.row.col.f16.f16.f16.f16", model);
                data.Add("m16n8k8.row.col.f32.tf32.tf32.f32", model);
                data.Add("m16n8k4.row.col.f32.tf32.tf32.f32", model);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_single_one_in_A_and_B_shows_where_each_element_lies(string form, MmaModel model)
    {
        var shape = new MmaForm(form);
        for (int row = 0; row < 16; row++)
        {
            for (int k = 0; k < shape.Depth; k++)
            {
                int column = ((3 * row) + k) % 8;
                var a = new uint[16, shape.Depth];
                var b = new uint[shape.Depth, 8];
                var c = new uint[16, 8];
                a[row, k] = shape.One;
                b[k, column] = shape.Two;
                c[15 - row, 7 - column] = shape.Accumulator == "f32" ? 0x40a00000u : 0x4500u; // 5
                uint[,] d = shape.Run(model, a, b, c);
                for (int i = 0; i < 16; i++)
                {
                    for (int j = 0; j < 8; j++)
                    {
                        float expected = (i == row && j == column ? 2 : 0) + (i == 15 - row && j == 7 - column ? 5 : 0);
                        Assert.Equal(expected, shape.Value(d[i, j]));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Values_are_those_of_the_model(string form, MmaModel model)
    {
        var shape = new MmaForm(form);
        var random = new Random(5);
        for (int round = 0; round < 12; round++)
        {
            int spread = round % 4 * 3;
            uint[,] a = shape.Draw(random, 16, shape.Depth, spread);
            uint[,] b = shape.Draw(random, shape.Depth, 8, spread);
            uint[,] c = shape.DrawAccumulators(random, spread);
            uint[,] d = shape.Run(model, a, b, c);
            for (int i = 0; i < 16; i++)
            {
                for (int j = 0; j < 8; j++)
                {
                    Check(shape, model, a, b, c[i, j], d[i, j], i, j);
                }
            }
        }
    }

    [Theory]
    [InlineData(MmaModel.Fast)]
    [InlineData(MmaModel.Ampere)]
    [InlineData(MmaModel.Hopper)]
    public void Infinities_and_NaN_pass_through(MmaModel model)
    {
        var shape = new MmaForm("m16n8k16.row.col.f32.bf16.bf16.f32");
        var a = new uint[16, 16];
        var b = new uint[16, 8];
        a[0, 0] = 0x7f80;   // +inf
        b[0, 0] = 0x3f80;   // 1, elsewhere 0: inf · 0
        a[1, 1] = 0x7f80;
        a[1, 2] = 0xff80;
        b[1, 1] = 0x3f80;
        b[2, 1] = 0x3f80;
        uint[,] d = shape.Run(model, a, b, new uint[16, 8]);
        Assert.Equal(0x7f800000u, d[0, 0]);
        Assert.True(float.IsNaN(shape.Value(d[0, 1])));
        Assert.True(float.IsNaN(shape.Value(d[1, 1])));
        Assert.Equal(0u, d[2, 0]);
    }

    [Fact]
    public void Tf32_ignores_the_thirteen_low_bits()
    {
        var shape = new MmaForm("m16n8k4.row.col.f32.tf32.tf32.f32");
        var a = new uint[16, 4];
        var b = new uint[4, 8];
        a[0, 0] = 0x3f801fff;
        b[0, 0] = 0x3f801fff;
        foreach (MmaModel model in Enum.GetValues<MmaModel>())
        {
            Assert.Equal(0x3f800000u, shape.Run(model, a, b, new uint[16, 8])[0, 0]);
        }
    }

    // The fast model is within the error of so many roundings to nearest; the others are exact to the bit.
    private static void Check(MmaForm shape, MmaModel model, uint[,] a, uint[,] b, uint c, uint d, int row, int column)
    {
        if (model != MmaModel.Fast)
        {
            Assert.Equal(TruncationOracle.Sum(shape, model, a, b, c, row, column), d);
            return;
        }

        double sum = shape.Value(c);
        double magnitude = Math.Abs(sum);
        for (int k = 0; k < shape.Depth; k++)
        {
            double product = shape.Factor(a[row, k]) * shape.Factor(b[k, column]);
            sum += product;
            magnitude += Math.Abs(product);
        }

        double unit = shape.Accumulator == "f32" ? 0 : Math.Abs(sum) * Math.Pow(2, -11);
        Assert.InRange(shape.Value(d), sum - (magnitude * shape.Depth * Math.Pow(2, -24)) - unit, sum + (magnitude * shape.Depth * Math.Pow(2, -24)) + unit);
    }
}
