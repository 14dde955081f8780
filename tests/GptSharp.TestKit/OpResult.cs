using GptSharp.Tensors;

namespace GptSharp.TestKit;

/// <summary>What a case gave on one backend: its output and the gradient of each input.</summary>
/// <param name="Output">The output.</param>
/// <param name="OutputType">How the output was stored.</param>
/// <param name="Gradients">One entry per input; null where none was asked for.</param>
/// <param name="GradientTypes">How each gradient was stored.</param>
public sealed record OpResult(double[] Output, DType OutputType, double[]?[] Gradients, DType?[] GradientTypes)
{
    /// <summary>Runs a case once.</summary>
    /// <param name="engine">On which engine.</param>
    /// <param name="opCase">What.</param>
    /// <param name="precision">How inputs and gradients are stored.</param>
    /// <param name="rounding">The type to whose numbers inputs are rounded before they are stored.</param>
    /// <param name="passes">How often the body runs in the one step; gradients add up.</param>
    public static OpResult Of(Engine engine, OpCase opCase, Precision precision, DType? rounding = null, int passes = 1)
    {
        using Step step = engine.BeginStep(opCase.StepOptions);
        Tensor[] inputs = Array.ConvertAll(opCase.Inputs, input => input.Enter(step, precision, rounding));
        Tensor y = Tensor.None;
        double[] output = [];
        DType type = default;
        for (int pass = 0; pass < passes; pass++)
        {
            y = opCase.Body(inputs);
            (output, type) = (y.ToDoubles(), y.DType);
            if (opCase.Differentiable)
            {
                step.Backward(y, Upstream(step, y, rounding));
            }
        }

        Tensor GradientOf(Tensor input) => opCase.Differentiable && input.RequiresGradient ? input.Gradient : Tensor.None;
        Tensor[] gradients = Array.ConvertAll(inputs, GradientOf);
        return new OpResult(
            output,
            type,
            Array.ConvertAll(gradients, gradient => gradient.IsNone ? null : gradient.ToDoubles()),
            Array.ConvertAll(gradients, gradient => gradient.IsNone ? (DType?)null : gradient.DType));
    }

    /// <summary>The fixed random gradient that arrives at an output of the given shape.</summary>
    public static OpInput Projection(Shape shape) => OpInput.Normal(shape, 4242, requiresGradient: false);

    /// <summary>That gradient as a tensor of the output's type.</summary>
    internal static Tensor Upstream(Step step, Tensor output, DType? rounding) =>
        step.Input(Projection(output.Shape).Values(rounding), output.Shape, output.DType);
}
