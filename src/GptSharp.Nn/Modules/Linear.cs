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
    public Tensor Forward(Tensor x) => Ops.Linear(x, Weight.Value, Bias?.Value ?? Tensor.None);
}
