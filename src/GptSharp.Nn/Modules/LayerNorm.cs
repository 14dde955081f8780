using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Modules;

/// <summary>Normalises each row, then scales and shifts it.</summary>
public sealed class LayerNorm
{
    private readonly double _epsilon;

    /// <summary>Declares <c>weight</c> (channels), which starts at one, and, if asked, <c>bias</c> (channels), at zero.</summary>
    public LayerNorm(ModuleBuilder builder, int channels, bool bias, double epsilon)
    {
        Weight = builder.Declare("weight", channels, Initialization.Ones);
        Bias = bias ? builder.Declare("bias", channels, Initialization.Zeros) : null;
        _epsilon = epsilon;
    }

    /// <summary>(channels).</summary>
    public Parameter Weight { get; }

    /// <summary>(channels), or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>(..., channels) to the same shape.</summary>
    public Tensor Forward(Tensor x) => Ops.LayerNorm(x, Weight.Value, Bias?.Value ?? Tensor.None, _epsilon);
}
