namespace GptSharp.Tensors.Memory;

/// <summary>One trained tensor of a model: its name, values and, while training, its gradient.</summary>
public sealed class Parameter
{
    internal Parameter(string name, Tensor value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>Its place in the model, for example <c>h.0.attn.c_attn.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The values, a view into the model's one buffer.</summary>
    public Tensor Value { get; }

    /// <summary>The gradient of the step; <see cref="Tensor.None"/> for a model that is not trained.</summary>
    public Tensor Gradient => Value.Slot.Gradient;

    /// <summary>Where the values start in every flat buffer of the model, in elements.</summary>
    public long Offset { get; internal set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Value.Shape}";
}
