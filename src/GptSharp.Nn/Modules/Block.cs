using GptSharp.Tensors;

namespace GptSharp.Nn.Modules;

/// <summary>One layer of the transformer, pre-norm: x + attention(norm(x)), then x + mlp(norm(x)).</summary>
public sealed class Block
{
    private readonly LayerNorm _attentionNorm;
    private readonly CausalSelfAttention _attention;
    private readonly LayerNorm _mlpNorm;
    private readonly Mlp _mlp;
    private readonly int _index;

    /// <summary>Declares <c>ln_1</c>, <c>attn</c>, <c>ln_2</c> and <c>mlp</c> of layer <paramref name="index"/>.</summary>
    public Block(ModuleBuilder builder, GptConfig config, int index)
    {
        _index = index;
        _attentionNorm = new LayerNorm(builder.In("ln_1"), config.Width, config.Bias, config.LayerNormEpsilon);
        _attention = new CausalSelfAttention(builder.In("attn"), config);
        _mlpNorm = new LayerNorm(builder.In("ln_2"), config.Width, config.Bias, config.LayerNormEpsilon);
        _mlp = new Mlp(builder.In("mlp"), config);
        Body = Forward;
    }

    /// <summary><see cref="Forward(Tensor)"/> as an object that is made once, for scopes.</summary>
    public Func<Tensor, Tensor> Body { get; }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public Tensor Forward(Tensor x)
    {
        x = Ops.Add(x, _attention.Forward(_attentionNorm.Forward(x)));      // (B, T, C)
        return Ops.Add(x, _mlp.Forward(_mlpNorm.Forward(x)));               // (B, T, C)
    }

    /// <summary>The same for N new positions after those in the cache: (B, N, C) to (B, N, C).</summary>
    public Tensor Forward(Tensor x, KeyValueCache cache, Tensor starts)
    {
        x = Ops.Add(x, _attention.Forward(_attentionNorm.Forward(x), cache, _index, starts));     // (B, N, C)
        return Ops.Add(x, _mlp.Forward(_mlpNorm.Forward(x)));                                     // (B, N, C)
    }
}
