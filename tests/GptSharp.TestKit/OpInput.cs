using GptSharp.Tensors;

namespace GptSharp.TestKit;

/// <summary>One input of an <see cref="OpCase"/>: its shape and values, which are the same on every backend.</summary>
public sealed class OpInput
{
    private readonly float[]? _floats;
    private readonly int[]? _integers;

    private OpInput(Shape shape, float[]? floats, int[]? integers, bool requiresGradient)
    {
        Shape = shape;
        _floats = floats;
        _integers = integers;
        RequiresGradient = requiresGradient;
    }

    /// <summary>Axis lengths.</summary>
    public Shape Shape { get; }

    /// <summary>What it stands for.</summary>
    public OpInputRole Role { get; private init; }

    /// <summary>Whether its gradient is checked.</summary>
    public bool RequiresGradient { get; }

    /// <summary>The values of a float input.</summary>
    public double[] ToDoubles() => Array.ConvertAll(_floats!, value => (double)value);

    /// <summary>Normally distributed values of the given deviation around a mean.</summary>
    public static OpInput Normal(Shape shape, int seed, double deviation = 1, double mean = 0, bool requiresGradient = true)
    {
        var random = new Random(seed);
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            // Box and Muller 1958.
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + (deviation * radius * Math.Cos(2 * Math.PI * random.NextDouble())));
        }

        return new OpInput(shape, values, null, requiresGradient);
    }

    /// <summary>Integers from 0 to <paramref name="limit"/> - 1.</summary>
    public static OpInput Indices(Shape shape, int limit, int seed)
    {
        var random = new Random(seed);
        var values = new int[shape.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Next(limit);
        }

        return new OpInput(shape, null, values, false);
    }

    /// <summary>Given integers.</summary>
    public static OpInput Indices(Shape shape, params int[] values) => new(shape, null, values, false);

    /// <summary>Given floats.</summary>
    public static OpInput Given(Shape shape, params float[] values) => new(shape, values, null, true);

    /// <summary>The same input as a parameter: its gradient has the type that the precision gives to parameters' gradients.</summary>
    public OpInput AsParameter() => new(Shape, _floats, _integers, RequiresGradient) { Role = OpInputRole.Parameter };

    /// <summary>The same input as a table of constants or statistics, which is never stored less precisely than binary32. No gradient.</summary>
    public OpInput AsStatistics() => new(Shape, _floats, _integers, requiresGradient: false) { Role = OpInputRole.Statistics };

    /// <summary>Brings the values into a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="precision">How values and gradients are stored.</param>
    /// <param name="rounding">The type to whose numbers the values are rounded first, so that several precisions get the same ones.</param>
    public Tensor Enter(Step step, Precision precision, DType? rounding = null)
    {
        if (_integers is not null)
        {
            return step.Input(_integers, Shape);
        }

        DType storage = Role == OpInputRole.Statistics ? precision.Storage.Statistics() : precision.Storage;
        DType gradient = Role == OpInputRole.Parameter ? precision.ParameterGradients : storage;
        return step.Input(Values(rounding), Shape, storage, RequiresGradient ? gradient : null);
    }

    /// <summary>Brings the values into a step, everything stored as one type.</summary>
    public Tensor Enter(Step step, DType type) => Enter(step, Precision.Of(type));

    /// <summary>The float values, after rounding to the numbers of a type; that of statistics is never narrower than binary32.</summary>
    internal double[] Values(DType? rounding) => rounding == DType.BF16 && Role != OpInputRole.Statistics
        ? Array.ConvertAll(_floats!, value => (double)(float)(BF16)value)
        : ToDoubles();

    /// <summary>The same input, moved along a direction, for finite differences.</summary>
    internal Tensor EnterShifted(Step step, double[] direction, double shift)
    {
        double[] values = ToDoubles();
        for (int i = 0; i < values.Length; i++)
        {
            values[i] += shift * direction[i];
        }

        return step.Input(values, Shape);
    }
}

/// <summary>What an input stands for, which decides how it and its gradient are stored.</summary>
public enum OpInputRole
{
    /// <summary>An activation: stored, like its gradient, as activations are.</summary>
    Activation,

    /// <summary>A parameter: stored as activations are, its gradient perhaps more precisely.</summary>
    Parameter,

    /// <summary>Constants or statistics: binary32 at least.</summary>
    Statistics,
}
