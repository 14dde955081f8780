using GptSharp.Tensors;

namespace GptSharp.Nn.Modules;

/// <summary>The block's first half: each position looks at itself and at those before it.</summary>
public sealed class CausalSelfAttention
{
    private readonly GptConfig _config;
    private readonly Linear _queryKeyValue;
    private readonly Linear _output;
    private readonly uint _attentionSite;
    private readonly uint _dropoutSite;

    /// <summary>Declares <c>c_attn</c> and <c>c_proj</c>.</summary>
    public CausalSelfAttention(ModuleBuilder builder, GptConfig config)
    {
        _config = config;
        _queryKeyValue = new Linear(
            builder.In("c_attn"), config.Width, 3 * config.Width, config.Bias, GptInitialization.Deviation);
        _output = new Linear(
            builder.In("c_proj"), config.Width, config.Width, config.Bias, GptInitialization.ResidualDeviation(config));
        _attentionSite = builder.NextSite();
        _dropoutSite = builder.NextSite();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    public Tensor Forward(Tensor x)
    {
        Tensor qkv = _queryKeyValue.Forward(x);                                                        // (B, T, 3C)
        Tensor mixed = Ops.Attention(qkv, _config.HeadCount, _config.Dropout, _attentionSite);         // (B, T, C)
        Tensor y = _output.Forward(mixed);                                                             // (B, T, C)
        return Ops.Dropout(y, _config.Dropout, _dropoutSite);
    }

    /// <summary>The same for N new positions after those in the cache: (B, N, C) to (B, N, C).</summary>
    public Tensor Forward(Tensor x, KeyValueCache cache, int layer, Tensor starts)
    {
        Tensor qkv = _queryKeyValue.Forward(x);                                                        // (B, N, 3C)
        Tensor mixed = Ops.CachedAttention(
            qkv, cache.Keys(layer), cache.Values(layer), starts, _config.HeadCount);                   // (B, N, C)
        return _output.Forward(mixed);                                                                 // (B, N, C)
    }
}
