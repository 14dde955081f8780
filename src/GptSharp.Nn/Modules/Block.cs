using GptSharp.Tensors;

namespace GptSharp.Nn.Modules;

/// <summary>
/// One layer of the transformer, pre-norm: x + attention(norm(x)), then x + mlp(norm(x)); or, parallel, x + attention(n) + mlp(n) with one
/// norm n = norm(x) (Wang and Komatsuzaki 2021, GPT-J; Chowdhery et al. 2022, arXiv:2204.02311, section 2).
/// </summary>
public sealed class Block
{
    private readonly Norm _attentionNorm;
    private readonly CausalSelfAttention _attention;
    private readonly Norm? _mlpNorm;
    private readonly Mlp _mlp;
    private readonly int _index;
    private readonly Func<Tensor, Tensor, Tensor> _attend;

    /// <summary>Declares <c>ln_1</c>, <c>attn</c>, <c>ln_2</c> unless the block is parallel, and <c>mlp</c> of one layer.</summary>
    /// <param name="builder">Where, and under which prefix.</param>
    /// <param name="config">The model's sizes.</param>
    /// <param name="index">The layer.</param>
    /// <param name="rotaryTable">(S, R), the table of <see cref="Ops.Rope"/>, or <see cref="Tensor.None"/>.</param>
    public Block(ModuleBuilder builder, GptConfig config, int index, Tensor rotaryTable)
    {
        _index = index;
        _attentionNorm = new Norm(builder.In("ln_1"), config);
        _attention = new CausalSelfAttention(builder.In("attn"), config, rotaryTable);
        _mlpNorm = config.Parallel ? null : new Norm(builder.In("ln_2"), config);
        _mlp = new Mlp(builder.In("mlp"), config);
        Body = x => Forward(x, documentStarts: Tensor.None);
        _attend = (normal, residual) => _attention.Forward(normal, residual, documentStarts: Tensor.None);
    }

    /// <summary><see cref="Forward(Tensor, Tensor)"/> without documents, as an object that is made once, for scopes.</summary>
    public Func<Tensor, Tensor> Body { get; }

    /// <summary>Whether backward computes the attention again, from its norm on, instead of keeping what is inside it.</summary>
    public bool RecomputesAttention { get; set; }

    /// <summary>(B, T, C) to (B, T, C).</summary>
    /// <param name="x">The residual stream.</param>
    /// <param name="documentStarts">I32 (B, T), or <see cref="Tensor.None"/>.</param>
    public Tensor Forward(Tensor x, Tensor documentStarts)
    {
        Tensor normal = _attentionNorm.Forward(x);                                                     // (B, T, C)
        return AddMlp(AddAttention(x, normal, documentStarts), normal);                                // (B, T, C)
    }

    /// <summary>The same for N new positions after those in the cache: (B, N, C) to (B, N, C).</summary>
    /// <param name="x">The residual stream.</param>
    /// <param name="cache">The sequences so far.</param>
    /// <param name="starts">I32 (B): how many positions of each sequence are in the cache already.</param>
    /// <param name="documentStarts">I32 (B, N), or <see cref="Tensor.None"/>.</param>
    public Tensor Forward(Tensor x, KeyValueCache cache, Tensor starts, Tensor documentStarts)
    {
        Tensor normal = _attentionNorm.Forward(x);                                                     // (B, N, C)
        x = _attention.Forward(normal, x, cache, _index, starts, documentStarts);                      // (B, N, C)
        return AddMlp(x, normal);                                                                      // (B, N, C)
    }

    private Tensor AddAttention(Tensor x, Tensor normal, Tensor documentStarts)
    {
        if (!RecomputesAttention)
        {
            return _attention.Forward(normal, x, documentStarts);
        }

        Func<Tensor, Tensor, Tensor> body = documentStarts.IsNone
            ? _attend
            : (input, residual) => _attention.Forward(input, residual, documentStarts);
        return Ops.StepOf(normal).Scope(body, normal, x, recompute: true);
    }

    private Tensor AddMlp(Tensor x, Tensor attentionNormal) =>
        _mlp.Forward(_mlpNorm?.Forward(x) ?? attentionNormal, x);
}
