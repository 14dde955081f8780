using System.Globalization;
using GptSharp.Files.Onnx;

namespace GptSharp.Interop.Onnx;

/// <summary>
/// Puts operations of opset 17 into a graph. Values are the names that the graph gives them; a node and what it makes are named by the
/// part of the model that they belong to and the operator.
/// </summary>
/// <param name="graph">The graph.</param>
internal sealed class OnnxGraphBuilder(OnnxGraph graph)
{
    private readonly Dictionary<string, int> _uses = new(StringComparer.Ordinal);
    private readonly HashSet<string> _constants = new(StringComparer.Ordinal);

    /// <summary>The part of the model that is being built, for names.</summary>
    public string Part { get; set; } = "";

    /// <summary>An input of the graph.</summary>
    public string Input(string name, OnnxType type, params OnnxAxis[] shape)
    {
        graph.Inputs.Add(new OnnxValue(name, type, shape));
        return name;
    }

    /// <summary>Makes what the last node made an output of the graph, after those there are.</summary>
    /// <returns>Its name from now on.</returns>
    public string Output(string name, OnnxType type, params OnnxAxis[] shape) => Output(graph.Outputs.Count, name, type, shape);

    /// <summary>The same, before all outputs there are.</summary>
    public string FirstOutput(string name, OnnxType type, params OnnxAxis[] shape) => Output(0, name, type, shape);

    /// <summary>A tensor of the model.</summary>
    public string Weight(string name, OnnxType type, IReadOnlyList<long> shape, Action<Stream> write)
    {
        graph.Initializers.Add(new OnnxInitializer(name, type, shape, write));
        return name;
    }

    /// <summary>A float32 without axes.</summary>
    public string Constant(double value) =>
        Constant(string.Create(CultureInfo.InvariantCulture, $"float {(float)value:R}"), "value_float", (float)value);

    /// <summary>An int64 without axes.</summary>
    public string Scalar(long value) => Constant(string.Create(CultureInfo.InvariantCulture, $"int {value}"), "value_int", value);

    /// <summary>A vector of int64: axes, a shape, lengths of parts.</summary>
    public string Integers(params long[] values) => Constant($"ints {string.Join(' ', values)}", "value_ints", values);

    /// <summary>An operation with one result.</summary>
    public string Node(string op, IReadOnlyList<string> inputs, params (string Name, object Value)[] attributes)
    {
        string name = NextName(op);
        graph.Nodes.Add(new OnnxNode(name, op, inputs, [name], attributes));
        return name;
    }

    /// <summary>a + b.</summary>
    public string Add(string a, string b) => Node("Add", [a, b]);

    /// <summary>a - b.</summary>
    public string Subtract(string a, string b) => Node("Sub", [a, b]);

    /// <summary>a b, element by element.</summary>
    public string Multiply(string a, string b) => Node("Mul", [a, b]);

    /// <summary>a / b.</summary>
    public string Divide(string a, string b) => Node("Div", [a, b]);

    /// <summary>The product of matrices, over all axes before the last two.</summary>
    public string MatMul(string a, string b) => Node("MatMul", [a, b]);

    /// <summary>c tanh(x / c).</summary>
    public string SoftCap(string x, double cap) => Multiply(Node("Tanh", [Divide(x, Constant(cap))]), Constant(cap));

    /// <summary>The same values in another type.</summary>
    public string Cast(string x, OnnxType type) => Node("Cast", [x], ("to", (long)type));

    /// <summary>Rows of a table.</summary>
    public string Gather(string table, string indices, long axis = 0) => Node("Gather", [table, indices], ("axis", axis));

    /// <summary>Another shape for the same elements: 0 keeps an axis, -1 is what is left.</summary>
    public string Reshape(string x, params long[] shape) => Node("Reshape", [x, Integers(shape)]);

    /// <summary>Other places for the axes.</summary>
    public string Transpose(string x, params long[] axes) => Node("Transpose", [x], ("perm", axes));

    /// <summary>New axes of length 1.</summary>
    public string Unsqueeze(string x, params long[] axes) => Node("Unsqueeze", [x, Integers(axes)]);

    /// <summary>One after the other along an axis.</summary>
    public string Concat(long axis, params string[] parts) => Node("Concat", parts, ("axis", axis));

    /// <summary>Cuts the last axis into parts.</summary>
    public string[] Split(string x, params long[] lengths)
    {
        string name = NextName("Split");
        string[] parts = [.. lengths.Select((_, index) => string.Create(CultureInfo.InvariantCulture, $"{name}_{index}"))];
        graph.Nodes.Add(new OnnxNode(name, "Split", [x, Integers(lengths)], parts, [("axis", -1L)]));
        return parts;
    }

    private string Output(int place, string name, OnnxType type, OnnxAxis[] shape)
    {
        graph.Outputs.Insert(place, new OnnxValue(name, type, shape));
        graph.Nodes[^1] = graph.Nodes[^1] with { Outputs = [name] };
        return name;
    }

    private string Constant(string name, string attribute, object value)
    {
        if (_constants.Add(name))
        {
            graph.Nodes.Add(new OnnxNode(name, "Constant", [], [name], [(attribute, value)]));
        }

        return name;
    }

    private string NextName(string op)
    {
        string stem = Part.Length == 0 ? op : $"{Part}/{op}";
        int use = _uses[stem] = _uses.GetValueOrDefault(stem) + 1;
        return use == 1 ? stem : string.Create(CultureInfo.InvariantCulture, $"{stem}_{use}");
    }
}
