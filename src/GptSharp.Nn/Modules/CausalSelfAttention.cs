using GptSharp.Tensors;

namespace GptSharp.Nn.Modules;

/// <summary>The block's first half: each position looks at itself and at those before it; what it finds is added to the residual stream.</summary>
public sealed class CausalSelfAttention
{
    private readonly Linear _queryKeyValue;
    private readonly HeadNorm? _headNorm;
    private readonly Linear _output;
    private readonly AttentionForm _form;
    private readonly RopePairing _pairing;
    private readonly Tensor _rotaryTable;
    private readonly double _dropout;
    private readonly uint _attentionSite;
    private readonly uint _dropoutSite;

    /// <summary>Declares <c>c_attn</c>, <c>c_proj</c> and, if asked, <c>q_norm</c> and <c>k_norm</c>.</summary>
    /// <param name="builder">Where, and under which prefix.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="rotaryTable">(S, R), the table of <see cref="Ops.Rope"/>, or <see cref="Tensor.None"/>.</param>
    public CausalSelfAttention(ModuleBuilder builder, GptConfig config, Tensor rotaryTable)
    {
        _form = new AttentionForm(config.HeadCount, config.KeyHeadCount)
        {
            Window = config.Window ?? 0,
            SoftCap = config.AttentionCap,
            Alibi = config.Positions == PositionEncoding.Alibi,
        };
        (_rotaryTable, _pairing, _dropout) = (rotaryTable, config.Rope.Pairing, config.Dropout);
        int mixed = config.HeadCount * config.HeadSize;
        _queryKeyValue = new Linear(
            builder.In("c_attn"), config.Width, config.PackedWidth, config.QkvBias, GptInitialization.Deviation);
        _output = new Linear(
            builder.In("c_proj"), mixed, config.Width, config.Bias, GptInitialization.ResidualDeviation(config));
        _headNorm = config.QkNorm ? new HeadNorm(builder, config, _form) : null;
        _attentionSite = builder.NextSite();
        _dropoutSite = builder.NextSite();
    }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    /// <param name="x">The normalised residual stream.</param>
    /// <param name="residual">The residual stream, to which the result is added.</param>
    /// <param name="documentStarts">I32 (B, T), or <see cref="Tensor.None"/>.</param>
    public Tensor Forward(Tensor x, Tensor residual, Tensor documentStarts)
    {
        Tensor qkv = QueriesKeysValues(x, starts: Tensor.None);                              // (B, T, (H + 2 G) D)
        Tensor mixed = Ops.Attention(qkv, _form, documentStarts, _dropout, _attentionSite);  // (B, T, H D)
        return _output.Forward(mixed, residual, _dropout, _dropoutSite);                     // (B, T, C)
    }

    /// <summary>The same for N new positions after those in the cache: (B, N, C) to (B, N, C).</summary>
    /// <param name="x">The normalised residual stream.</param>
    /// <param name="residual">The residual stream, to which the result is added.</param>
    /// <param name="cache">The sequences so far.</param>
    /// <param name="layer">The layer, whose part of the cache is read and written.</param>
    /// <param name="starts">I32 (B): how many positions of each sequence are in the cache already.</param>
    /// <param name="documentStarts">I32 (B, N), or <see cref="Tensor.None"/>.</param>
    public Tensor Forward(Tensor x, Tensor residual, KeyValueCache cache, int layer, Tensor starts, Tensor documentStarts)
    {
        Tensor qkv = QueriesKeysValues(x, starts);                                           // (B, N, (H + 2 G) D)
        Tensor mixed = Ops.CachedAttention(
            qkv, cache.Keys(layer), cache.Values(layer), starts, _form, documentStarts);     // (B, N, H D)
        return _output.Forward(mixed, residual, _dropout, _dropoutSite);                     // (B, N, C)
    }

    private Tensor QueriesKeysValues(Tensor x, Tensor starts)
    {
        Tensor qkv = _queryKeyValue.Forward(x);
        qkv = _headNorm?.Forward(qkv) ?? qkv;
        return _rotaryTable.IsNone ? qkv : Ops.Rope(qkv, _rotaryTable, _form, _pairing, starts);
    }
}
