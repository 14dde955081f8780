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

    /// <summary>The same values in binary32, of which <see cref="Value"/> is the rounding; <see cref="Tensor.None"/> if there are none.</summary>
    public Tensor MasterWeights { get; internal set; }

    /// <summary>The most precise values there are: what is saved, exported and compared.</summary>
    public Tensor PreciseValue => MasterWeights.IsNone ? Value : MasterWeights;

    /// <summary>The gradient of the step; <see cref="Tensor.None"/> for a model that is not trained.</summary>
    public Tensor Gradient => Value.Slot.Gradient;

    /// <summary>Where the values start in every flat buffer of the model, in elements.</summary>
    public long Offset { get; internal set; }

    /// <summary>Overwrites the values: the master weights, if there are any, and what is rounded from them.</summary>
    /// <param name="values">All elements, row-major.</param>
    public void SetValues(ReadOnlySpan<double> values)
    {
        if (values.Length != Value.Count)
        {
            throw new TensorException($"{values.Length} values were given for the parameter {this}.");
        }

        SetValues(0, values);
    }

    /// <summary>Overwrites some of the values, for who does not want to hold all of them.</summary>
    /// <param name="first">Place of the first, row-major.</param>
    /// <param name="values">As many elements as follow each other.</param>
    public void SetValues(long first, ReadOnlySpan<double> values)
    {
        if (first < 0 || first > Value.Count - values.Length)
        {
            throw new TensorException($"Elements {first} to {first + values.Length - 1} do not lie in the parameter {this}.");
        }

        if (MasterWeights.IsNone)
        {
            Value.UploadDoubles(values, first);
            return;
        }

        MasterWeights.UploadDoubles(values, first);
        var singles = new double[values.Length];
        for (int i = 0; i < singles.Length; i++)
        {
            singles[i] = (float)values[i];
        }

        Value.UploadDoubles(singles, first);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Value.Shape}";
}
