namespace GptSharp.Tensors.Memory;

/// <summary>
/// One contiguous buffer with a place for every parameter of a model, in the model's order: the values, the gradients, or one
/// moment of an optimizer. A pass over all parameters is a pass over <see cref="Flat"/>.
/// </summary>
public sealed class ParameterBuffer
{
    private readonly IReadOnlyDictionary<Parameter, Tensor> _parts;

    internal ParameterBuffer(string name, Tensor flat, IReadOnlyDictionary<Parameter, Tensor> parts)
    {
        Name = name;
        Flat = flat;
        _parts = parts;
    }

    /// <summary>What it holds: <c>values</c>, <c>gradients</c>, or a state's name such as <c>exp_avg</c>.</summary>
    public string Name { get; }

    /// <summary>The whole buffer, (rows, 16) or longer rows, with zeros between parameters that end before a row does.</summary>
    public Tensor Flat { get; }

    /// <summary>The part that belongs to one parameter, in the parameter's shape.</summary>
    public Tensor this[Parameter parameter] => _parts[parameter];
}
