using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Guards;

/// <summary>
/// Finds where the first number that is not finite comes from, by computing the step again and looking at what every operation writes. The
/// step is deterministic, so what went wrong goes wrong again, unless the machine itself was at fault.
/// </summary>
public sealed class NonFiniteSearch : IOpObserver
{
    private readonly Gpt _model;
    private readonly IOpObserver? _next;
    private readonly Dictionary<Tensor, Parameter> _parameters = [];
    private readonly Dictionary<Tensor, string> _places = [];
    private string _place = "the input";
    private string? _found;

    private NonFiniteSearch(Gpt model)
    {
        _model = model;
        _next = model.Engine.Observer;
        foreach (Parameter parameter in model.Arena.Parameters)
        {
            _parameters[parameter.Value] = parameter;
            _parameters[model.Arena.Gradients![parameter]] = parameter;
        }
    }

    /// <summary>The first parameter that holds a number that is not finite, in words; null if all of them are sound.</summary>
    public static string? BadParameter(Gpt model)
    {
        foreach (Parameter parameter in model.Arena.Parameters)
        {
            Tensor values = model.Arena.PreciseValues![parameter];
            if (FirstBad(values) is { } bad)
            {
                return $"{LayerOf(parameter)}the parameter {parameter.Name} itself holds {bad}";
            }
        }

        return null;
    }

    /// <summary>Computes a step's gradient again and says what went wrong first.</summary>
    /// <param name="model">The model, as it was before the step.</param>
    /// <param name="step">The step.</param>
    /// <param name="index">Number of the step.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <returns>A clause that names layer, operation and tensor.</returns>
    public static string Explain(Gpt model, TrainStep step, long index, long batch)
    {
        if (BadParameter(model) is { } parameter)
        {
            return parameter;
        }

        var search = new NonFiniteSearch(model);
        model.Engine.Observer = search;
        try
        {
            step.ComputeGradient(index, batch);
        }
        finally
        {
            model.Engine.Observer = search._next;
        }

        return search._found
            ?? "computed once more, the step is sound: memory or processor may be at fault, or a sum of squares that overflows";
    }

    /// <inheritdoc/>
    public void OnStarting(OpInfo info, in TensorList operands)
    {
        _next?.OnStarting(info, operands);
        for (int i = 0; i < operands.Count; i++)
        {
            if (_parameters.TryGetValue(operands[i], out Parameter? parameter))
            {
                _place = $"{LayerOf(parameter)}{parameter.Name}";
                return;
            }
        }

        // Without a parameter among the operands we are where an input comes from; else where the operation before was.
        for (int i = info.OutputCount; i < operands.Count; i++)
        {
            if (!operands[i].IsNone && _places.TryGetValue(operands[i], out string? place))
            {
                _place = place;
                return;
            }
        }
    }

    /// <inheritdoc/>
    public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
    {
        _next?.OnFinished(info, operands, cost, isReplay);
        for (int i = 0; i < info.OutputCount && _found is null; i++)
        {
            if (operands[i].IsNone || operands[i].DType == DType.I32)
            {
                continue;
            }

            _places[operands[i]] = _place;
            if (FirstBad(operands[i]) is { } bad)
            {
                string direction = IsBackward(info) ? "backward" : "forward";
                _found = $"the first bad number comes up in the {direction} pass at {_place}: {info.Operands[i]} of the operation {info.Name} holds {bad}";
            }
        }
    }

    // Each pass of a batch, and each piece of a loss that is computed in pieces, goes forward and backward in turn.
    private bool IsBackward(OpInfo info) =>
        _model.Engine.CurrentStep.IsBackward || info.Name.Contains("backward", StringComparison.Ordinal);

    private static string LayerOf(Parameter parameter) => Gpt.LayerOf(parameter) is { } layer ? $"layer {layer}, " : "";

    private static string? FirstBad(Tensor tensor)
    {
        double[] values = tensor.ToDoubles();
        int index = Array.FindIndex(values, value => !double.IsFinite(value));
        return index < 0 ? null : $"{values[index]} in element {Subscript(tensor.Shape, index)} of {tensor.Shape}";
    }

    private static string Subscript(Shape shape, long index)
    {
        var subscripts = new long[shape.Rank];
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            (index, subscripts[axis]) = Math.DivRem(index, shape[axis]);
        }

        return $"({string.Join(", ", subscripts)})";
    }
}
