using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Modules;

/// <summary>Normalises each row, then scales it and, as LayerNorm with biases, shifts it.</summary>
public sealed class Norm
{
    private readonly NormKind _kind;
    private readonly double _epsilon;

    /// <summary>Declares <c>weight</c> (C), which starts at one, and, for LayerNorm with biases, <c>bias</c> (C), at zero.</summary>
    public Norm(ModuleBuilder builder, GptConfig config)
    {
        (_kind, _epsilon) = (config.Norm, config.LayerNormEpsilon);
        Weight = builder.Declare("weight", config.Width, Initialization.Ones);
        Bias = config.Norm == NormKind.LayerNorm && config.Bias ? builder.Declare("bias", config.Width, Initialization.Zeros) : null;
    }

    /// <summary>(C).</summary>
    public Parameter Weight { get; }

    /// <summary>(C), or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>(..., C) to the same shape.</summary>
    public Tensor Forward(Tensor x) => _kind == NormKind.RMSNorm
        ? Ops.RMSNorm(x, Weight.Value, _epsilon)
        : Ops.LayerNorm(x, Weight.Value, Bias?.Value ?? Tensor.None, _epsilon);
}
