namespace GptSharp.Ptx.Tests.Matrix;

/// <summary>An mma form taken apart, and matrices of bits for it.</summary>
internal sealed class MmaForm
{
    private readonly string _form;
    private readonly string _shape;

    public MmaForm(string form)
    {
        string[] parts = form.Split('.');
        _form = "mma.sync.aligned." + form;
        _shape = parts[0];
        Type = parts[^2];
        Accumulator = parts[^1];
        Depth = int.Parse(_shape[(_shape.IndexOf('k') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public string Type { get; }

    public string Accumulator { get; }

    public int Depth { get; }

    public uint One => Bits(1);

    public uint Two => Bits(2);

    public uint[,] Run(MmaModel model, uint[,] a, uint[,] b, uint[,] c) =>
        GatherD(TileRunner.Run(_form, model, ScatterA(a), ScatterB(b), ScatterC(c)));

    public uint[][] ScatterA(uint[,] a) => FragmentTables.Scatter(a, (g, t) => FragmentTables.A(_shape, Type, g, t));

    public uint[][] ScatterB(uint[,] b) => FragmentTables.Scatter(b, (g, t) => FragmentTables.B(_shape, Type, g, t));

    public uint[][] ScatterC(uint[,] c) => FragmentTables.Scatter(c, (g, t) => FragmentTables.C(Accumulator, g, t));

    public uint[,] GatherD(uint[][] d) => FragmentTables.Gather(d, 16, 8, (g, t) => FragmentTables.C(Accumulator, g, t));

    /// <summary>The value of an accumulator's bits.</summary>
    public float Value(uint bits) => Accumulator == "f32" ? BitConverter.UInt32BitsToSingle(bits) : (float)BitConverter.UInt16BitsToHalf((ushort)bits);

    /// <summary>The value of a factor's bits.</summary>
    public double Factor(uint bits) => Type switch
    {
        "bf16" => BitConverter.UInt32BitsToSingle(bits << 16),
        "f16" => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
        _ => BitConverter.UInt32BitsToSingle(bits & 0xffffe000),
    };

    /// <summary>Factors of full significands, exponents spread by so many binary orders either way.</summary>
    public uint[,] Draw(Random random, int rows, int columns, int spread)
    {
        var matrix = new uint[rows, columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double value = (random.NextDouble() - 0.5) * Math.ScaleB(1, random.Next(-spread, spread + 1));
                matrix[i, j] = random.Next(16) == 0 ? 0 : Type == "tf32" ? BitConverter.SingleToUInt32Bits((float)value) : Bits((float)value);
            }
        }

        return matrix;
    }

    public uint[,] DrawAccumulators(Random random, int spread)
    {
        var matrix = new uint[16, 8];
        for (int i = 0; i < 16; i++)
        {
            for (int j = 0; j < 8; j++)
            {
                float value = (float)((random.NextDouble() - 0.5) * Math.ScaleB(4, random.Next(-spread, spread + 1)));
                matrix[i, j] = Accumulator == "f32" ? BitConverter.SingleToUInt32Bits(value) : BitConverter.HalfToUInt16Bits((Half)value);
            }
        }

        return matrix;
    }

    private uint Bits(float value) => Type switch
    {
        "bf16" => BitConverter.SingleToUInt32Bits(value) >> 16,
        "f16" => BitConverter.HalfToUInt16Bits((Half)value),
        _ => BitConverter.SingleToUInt32Bits(value),
    };
}
