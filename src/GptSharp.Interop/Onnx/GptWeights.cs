using System.Runtime.InteropServices;
using GptSharp.Nn;
using GptSharp.Tensors.Memory;

namespace GptSharp.Interop.Onnx;

/// <summary>
/// A model's parameters as tensors of a graph, under their own names. Vocabularies lose their padding; matrices of linear layers become
/// (inputs, outputs), which MatMul reads as they are: for a GPT-2, names and shapes are those of the hub's GPT-2.
/// </summary>
internal sealed class GptWeights(Gpt model, OnnxGraphBuilder builder)
{
    private readonly Dictionary<string, Parameter> _parameters =
        model.Arena.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);

    /// <summary>Whether the model has such a parameter.</summary>
    public bool Has(string name) => _parameters.ContainsKey(name);

    /// <summary>A vector, or a table of tokens or positions.</summary>
    public string Plain(string name)
    {
        Parameter parameter = _parameters[name];
        long rows = model.LogicalRows(parameter);
        long columns = parameter.Value.Shape.Last;
        IReadOnlyList<long> shape = parameter.Value.Shape.Rank == 1 ? [columns] : [rows, columns];
        return builder.Weight(name, shape, stream => Write(stream, Values(parameter).AsSpan(0, checked((int)(rows * columns)))));
    }

    /// <summary>The matrix of a linear layer, (outputs, inputs) here, as (inputs, outputs).</summary>
    public string Transposed(string name)
    {
        Parameter parameter = _parameters[name];
        int rows = model.LogicalRows(parameter);
        int columns = parameter.Value.Shape.Last;
        return builder.Weight(name, [columns, rows], stream => WriteTransposed(stream, Values(parameter), rows, columns));
    }

    /// <summary>x W + b, with the linear layer's bias if it has one: (..., inputs) to (..., outputs).</summary>
    public string Linear(string x, string layer)
    {
        string y = builder.MatMul(x, Transposed(layer + ".weight"));
        return Has(layer + ".bias") ? builder.Add(y, Plain(layer + ".bias")) : y;
    }

    /// <summary>Numbers that are no parameters.</summary>
    public string Table(string name, IReadOnlyList<long> shape, Func<double[]> values) =>
        builder.Weight(name, shape, stream => Write(stream, values()));

    private static void WriteTransposed(Stream stream, double[] values, int rows, int columns)
    {
        var column = new double[rows];
        for (int c = 0; c < columns; c++)
        {
            for (int r = 0; r < rows; r++)
            {
                column[r] = values[((long)r * columns) + c];
            }

            Write(stream, column);
        }
    }

    private static void Write(Stream stream, ReadOnlySpan<double> values)
    {
        const int piece = 1 << 14;
        Span<float> singles = new float[Math.Min(piece, values.Length)];
        for (int start = 0; start < values.Length; start += piece)
        {
            ReadOnlySpan<double> part = values.Slice(start, Math.Min(piece, values.Length - start));
            for (int i = 0; i < part.Length; i++)
            {
                singles[i] = (float)part[i];
            }

            stream.Write(MemoryMarshal.AsBytes(singles[..part.Length]));
        }
    }

    private double[] Values(Parameter parameter) => model.Arena.PreciseValues![parameter].ToDoubles();
}
