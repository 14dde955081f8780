using System.Globalization;
using System.Runtime.InteropServices;
using GptSharp.Files.Onnx;
using GptSharp.Nn;
using GptSharp.Tensors.Memory;

namespace GptSharp.Interop.Onnx;

/// <summary>
/// A model's parameters as tensors of a graph, under their own names. Vocabularies lose their padding; matrices of linear layers become
/// (inputs, outputs), which MatMul reads as they are: for a GPT-2, names and shapes are those of the hub's GPT-2. Tensors of float16 are
/// widened before they are used: they are small on the disk, and arithmetic stays that of float32.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="type">FLOAT or FLOAT16.</param>
/// <param name="builder">Where the tensors go.</param>
internal sealed class GptWeights(Gpt model, OnnxType type, OnnxGraphBuilder builder)
{
    private const int PieceValues = 1 << 14;

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
        return Tensor(name, shape, stream => Write(stream, name, Values(parameter).AsSpan(0, checked((int)(rows * columns)))));
    }

    /// <summary>The matrix of a linear layer, (outputs, inputs) here, as (inputs, outputs).</summary>
    public string Transposed(string name)
    {
        Parameter parameter = _parameters[name];
        int rows = model.LogicalRows(parameter);
        int columns = parameter.Value.Shape.Last;
        return Tensor(name, [columns, rows], stream =>
        {
            double[] values = Values(parameter);
            var column = new double[rows];
            for (int c = 0; c < columns; c++)
            {
                for (int r = 0; r < rows; r++)
                {
                    column[r] = values[((long)r * columns) + c];
                }

                Write(stream, name, column);
            }
        });
    }

    /// <summary>x W + b, with the linear layer's bias if it has one: (..., inputs) to (..., outputs).</summary>
    public string Linear(string x, string layer)
    {
        string y = builder.MatMul(x, Transposed(layer + ".weight"));
        return Has(layer + ".bias") ? builder.Add(y, Plain(layer + ".bias")) : y;
    }

    /// <summary>Numbers that are no parameters, always of float32.</summary>
    public string Table(string name, IReadOnlyList<long> shape, Func<double[]> values) => builder.Weight(
        name, OnnxType.FLOAT, shape, stream => Write<float>(stream, values(), value => (float)value));

    private static void Write<T>(Stream stream, ReadOnlySpan<double> values, Func<double, T> convert)
        where T : unmanaged
    {
        Span<T> piece = new T[Math.Min(PieceValues, values.Length)];
        for (int start = 0; start < values.Length; start += PieceValues)
        {
            ReadOnlySpan<double> part = values.Slice(start, Math.Min(PieceValues, values.Length - start));
            for (int i = 0; i < part.Length; i++)
            {
                piece[i] = convert(part[i]);
            }

            stream.Write(MemoryMarshal.AsBytes(piece[..part.Length]));
        }
    }

    // By way of float32, as every other program narrows such weights.
    private static Half Narrowed(string name, double value)
    {
        var half = (Half)(float)value;
        return Half.IsFinite(half) || !double.IsFinite(value) ? half : throw new ConfigurationException(string.Create(
            CultureInfo.InvariantCulture, $"tensor '{name}' holds {value}, but the largest number of f16 is 65504; write the model as f32."));
    }

    private string Tensor(string name, IReadOnlyList<long> shape, Action<Stream> write)
    {
        builder.Weight(name, type, shape, write);
        return type == OnnxType.FLOAT ? name : builder.Cast(name, OnnxType.FLOAT);
    }

    private void Write(Stream stream, string name, ReadOnlySpan<double> values)
    {
        if (type == OnnxType.FLOAT)
        {
            Write<float>(stream, values, value => (float)value);
        }
        else
        {
            Write(stream, values, value => Narrowed(name, value));
        }
    }

    private double[] Values(Parameter parameter) => model.Arena.PreciseValues![parameter].ToDoubles();
}
