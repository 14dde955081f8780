using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Modules;

/// <summary>y = x Wᵀ + b.</summary>
public sealed class Linear
{
    /// <summary>Declares <c>weight</c> (outputs, inputs) and, if asked, <c>bias</c> (outputs), which starts at zero.</summary>
    /// <param name="builder">Where, and under which prefix.</param>
    /// <param name="inputs">Columns of the input.</param>
    /// <param name="outputs">Columns of the output.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="deviation">Standard deviation of the weight's first values.</param>
    public Linear(ModuleBuilder builder, int inputs, int outputs, bool bias, double deviation)
    {
        Weight = builder.Declare("weight", (outputs, inputs), Initialization.Normal(deviation));
        Bias = bias ? builder.Declare("bias", outputs, Initialization.Zeros) : null;
    }

    /// <summary>(outputs, inputs).</summary>
    public Parameter Weight { get; }

    /// <summary>(outputs), or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>(..., inputs) to (..., outputs).</summary>
    public Tensor Forward(Tensor x) => Ops.Linear(x, Weight.Value, BiasValue);

    /// <summary>(..., inputs) to (..., outputs), through an activation function.</summary>
    public Tensor Forward(Tensor x, ActivationFunction function) => Ops.LinearActivation(x, Weight.Value, BiasValue, function);

    /// <summary>residual + dropout(y): (..., inputs) and (..., outputs) to (..., outputs).</summary>
    /// <param name="x">The input.</param>
    /// <param name="residual">What the result is added to: in the same pass, unless dropout stands between.</param>
    /// <param name="dropout">The rate.</param>
    /// <param name="site">The dropout's site.</param>
    public Tensor Forward(Tensor x, Tensor residual, double dropout, uint site) => dropout > 0 && Ops.StepOf(x).Options.Training
        ? Ops.Add(residual, Ops.Dropout(Forward(x), dropout, site))
        : Ops.Linear(x, Weight.Value, BiasValue, residual);

    private Tensor BiasValue => Bias?.Value ?? Tensor.None;
}
