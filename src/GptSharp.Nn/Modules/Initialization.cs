using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Modules;

/// <summary>The first values of a parameter: normal numbers of a given deviation, or one constant.</summary>
/// <param name="Deviation">Standard deviation of the normal distribution; 0 for a constant.</param>
/// <param name="Mean">Mean, or the constant.</param>
/// <param name="UsedRows">Rows that are not padding: the others stay zero. Null for all.</param>
public readonly record struct Initialization(double Deviation, double Mean, int? UsedRows = null)
{
    // Initial values have a step number of their own, which no optimizer step uses.
    private const uint InitializationStep = uint.MaxValue;

    // A large table of doubles would take twice the memory of the table itself.
    private const int PieceLength = 1 << 16;

    /// <summary>All zeros.</summary>
    public static Initialization Zeros => new(0, 0);

    /// <summary>All ones.</summary>
    public static Initialization Ones => new(0, 1);

    /// <summary>Normal with mean 0.</summary>
    public static Initialization Normal(double deviation, int? usedRows = null) => new(deviation, 0, usedRows);

    internal void Fill(Parameter parameter, ulong seed, uint number)
    {
        Shape shape = parameter.Value.Shape;
        var values = new double[Math.Min(shape.Count, PieceLength)];
        long used = UsedRows is { } rows ? (long)rows * shape.Last : shape.Count;
        for (long first = 0; first < shape.Count; first += values.Length)
        {
            Span<double> piece = values.AsSpan(0, (int)Math.Min(values.Length, shape.Count - first));
            for (int i = 0; i < piece.Length; i++)
            {
                piece[i] = first + i >= used ? 0 : Deviation == 0 ? Mean : Mean + (Deviation * NormalNumber(seed, number, (ulong)(first + i)));
            }

            parameter.SetValues(first, piece);
        }
    }

    // Box and Muller 1958; element i uses the uniform numbers 2 i and 2 i + 1.
    private static double NormalNumber(ulong seed, uint number, ulong element)
    {
        double radius = Philox.Uniform(seed, InitializationStep, number, 0, 2 * element);
        double angle = Philox.Uniform(seed, InitializationStep, number, 0, (2 * element) + 1);
        return Math.Sqrt(-2 * Math.Log(1 - radius)) * Math.Cos(2 * Math.PI * angle);
    }
}
