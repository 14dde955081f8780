namespace GptSharp.Files.Onnx;

/// <summary>A graph of operations, to be written: its inputs, the operations in the order of their execution, and its outputs.</summary>
/// <param name="Name">What it computes.</param>
public sealed record OnnxGraph(string Name)
{
    /// <summary>The operator set whose operators a graph may use.</summary>
    public const int OperatorSet = 17;

    /// <summary>What a user feeds.</summary>
    public IList<OnnxValue> Inputs { get; } = [];

    /// <summary>What a user gets.</summary>
    public IList<OnnxValue> Outputs { get; } = [];

    /// <summary>The operations; each reads only inputs, initializers and outputs of those before it.</summary>
    public IList<OnnxNode> Nodes { get; } = [];

    /// <summary>The tensors that belong to the graph.</summary>
    public IList<OnnxInitializer> Initializers { get; } = [];

    /// <summary>Free-form notes.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>An input or output of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its axes, outermost first: a length, or a name for one that is only known when the graph runs.</param>
public sealed record OnnxValue(string Name, OnnxType Type, IReadOnlyList<OnnxAxis> Shape);

/// <summary>An axis of an <see cref="OnnxValue"/>.</summary>
/// <param name="Length">Its length, if it is fixed.</param>
/// <param name="Name">Its name, if it is not.</param>
public readonly record struct OnnxAxis(long? Length, string? Name)
{
    /// <summary>A fixed axis.</summary>
    public static implicit operator OnnxAxis(long length) => new(length, null);

    /// <summary>A named axis.</summary>
    public static implicit operator OnnxAxis(string name) => new(null, name);

    /// <summary>The length, the name, or a question mark.</summary>
    public override string ToString() => Length?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? Name ?? "?";
}

/// <summary>An operation.</summary>
/// <param name="Name">Its name, which no other node of the graph has.</param>
/// <param name="Operator">What it does, by the name of the operator set.</param>
/// <param name="Inputs">Values that it reads.</param>
/// <param name="Outputs">Values that it makes.</param>
/// <param name="Attributes">Its settings: names with a value of type long, float, string, long[] or float[].</param>
public sealed record OnnxNode(
    string Name,
    string Operator,
    IReadOnlyList<string> Inputs,
    IReadOnlyList<string> Outputs,
    IReadOnlyList<(string Name, object Value)> Attributes);

/// <summary>A tensor that belongs to a graph; its bytes are asked for when they are written.</summary>
/// <param name="Name">The value's name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Axis lengths, outermost first.</param>
/// <param name="Write">Writes exactly the tensor's bytes, little-endian and row-major.</param>
public sealed record OnnxInitializer(string Name, OnnxType Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>Bytes of all elements.</summary>
    public long ByteLength => Type.ByteLength(Shape.Aggregate(1L, (count, length) => checked(count * length)));
}
