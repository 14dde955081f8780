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

    /// <summary>Brings the values into a step, as float32 or, for Reference, widened to float64.</summary>
    public Tensor Enter(Step step, DType type)
    {
        if (_integers is not null)
        {
            return step.Input(_integers, Shape);
        }

        return type == DType.F64
            ? step.Input(ToDoubles(), Shape, RequiresGradient)
            : step.Input(_floats, Shape, RequiresGradient);
    }

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
