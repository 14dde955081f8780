using GptSharp.Tensors;

namespace GptSharp.TestKit;

/// <summary>What a case gave on one backend: its output and the gradient of each input.</summary>
/// <param name="Output">The output.</param>
/// <param name="Gradients">One entry per input; null where none was asked for.</param>
public sealed record OpResult(double[] Output, double[]?[] Gradients)
{
    /// <summary>Runs a case once.</summary>
    /// <param name="engine">On which engine.</param>
    /// <param name="opCase">What.</param>
    /// <param name="type">Storage type of the float inputs.</param>
    /// <param name="passes">How often the body runs in the one step; gradients add up.</param>
    public static OpResult Of(Engine engine, OpCase opCase, DType type, int passes = 1)
    {
        using Step step = engine.BeginStep(opCase.StepOptions);
        Tensor[] inputs = Array.ConvertAll(opCase.Inputs, input => input.Enter(step, type));
        double[] output = [];
        for (int pass = 0; pass < passes; pass++)
        {
            Tensor y = opCase.Body(inputs);
            output = y.ToDoubles();
            if (opCase.Differentiable)
            {
                step.Backward(y, Projection(y.Shape).Enter(step, type));
            }
        }

        double[]? GradientOf(Tensor input) =>
            input.RequiresGradient && !input.Gradient.IsNone ? input.Gradient.ToDoubles() : null;
        return new OpResult(output, opCase.Differentiable ? Array.ConvertAll(inputs, GradientOf) : new double[]?[inputs.Length]);
    }

    /// <summary>The fixed random gradient that arrives at an output of the given shape.</summary>
    public static OpInput Projection(Shape shape) => OpInput.Normal(shape, 4242, requiresGradient: false);
}
