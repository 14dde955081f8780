using GptSharp.Tensors;
using GptSharp.Tensors.Memory;

namespace GptSharp.Nn.Modules;

/// <summary>QK-norm: RMSNorm of every query head and every key head, before they are turned by RoPE (Dehghani et al. 2023, arXiv:2302.05442).</summary>
public sealed class HeadNorm
{
    private readonly Parameter _query;
    private readonly Parameter _key;
    private readonly AttentionForm _form;
    private readonly double _epsilon;

    /// <summary>Declares <c>q_norm.weight</c> (D) and <c>k_norm.weight</c> (D), which start at one.</summary>
    public HeadNorm(ModuleBuilder builder, GptConfig config, AttentionForm form)
    {
        (_form, _epsilon) = (form, config.LayerNormEpsilon);
        _query = builder.In("q_norm").Declare("weight", config.HeadSize, Initialization.Ones);
        _key = builder.In("k_norm").Declare("weight", config.HeadSize, Initialization.Ones);
    }

    /// <summary>(B, T, (H + 2 G) D) to the same shape.</summary>
    public Tensor Forward(Tensor qkv) => Ops.HeadNorm(qkv, _query.Value, _key.Value, _form, _epsilon);
}
