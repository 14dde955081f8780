namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>Multi-head attention over a cache, as in GPT-2.</summary>
    /// <inheritdoc cref="CachedAttention(Tensor, Tensor, Tensor, Tensor, in AttentionForm, Tensor)"/>
    public static Tensor CachedAttention(Tensor qkv, Tensor keys, Tensor values, Tensor starts, int headCount) =>
        CachedAttention(qkv, keys, values, starts, new AttentionForm(headCount));

    /// <summary>
    /// Attention of new positions over a cache of keys and values, for generation: appends the new keys and values, then lets
    /// each new query see what <paramref name="form"/> lets it, up to its own position. Not differentiable.
    /// </summary>
    /// <param name="qkv">(B, N, (H + 2 G) D): N new positions of each sequence.</param>
    /// <param name="keys">(B, S, G D): the cache of keys; rows start[b] ... start[b] + N - 1 are written.</param>
    /// <param name="values">(B, S, G D): the cache of values.</param>
    /// <param name="starts">I32 (B): how many positions of each sequence are in the cache already.</param>
    /// <param name="form">As in <see cref="Attention(Tensor, in AttentionForm, Tensor, double, uint)"/>.</param>
    /// <param name="documentStarts">I32 (B, N), or absent: the cached position at which the document of each new position begins.</param>
    /// <returns>(B, N, H D).</returns>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor CachedAttention(
        Tensor qkv, Tensor keys, Tensor values, Tensor starts, in AttentionForm form, Tensor documentStarts = default)
    {
        int headSize = form.HeadSize(qkv.Shape.Last);
        if (qkv.Shape.Rank != 3 || headSize == 0
            || keys.Shape.Rank != 3 || keys.Shape != values.Shape || keys.Shape[0] != qkv.Shape[0]
            || keys.Shape.Last != form.KeyHeadCount * headSize || starts.Shape != qkv.Shape[0])
        {
            throw new TensorException(
                $"cached attention: qkv {qkv.Shape} with {form.HeadCount} heads does not fit caches {keys.Shape} and {values.Shape} "
                + $"and starts {starts.Shape}.");
        }

        form.Check("cached attention", qkv, documentStarts);
        Step step = StepOf(qkv);
        Tensor y = step.New((qkv.Shape[0], qkv.Shape[1], form.HeadCount * headSize), qkv.DType);     // (B, N, H D)
        step.Run(new CachedAttentionOp(y, keys, values, qkv, starts, documentStarts, form));
        return y;
    }
}

public partial interface IBackend
{
    /// <summary>Writes the new keys and values into their caches, then attends.</summary>
    /// <exception cref="TensorException">A sequence would outgrow the cache.</exception>
    void CachedAttention(
        Tensor y, Tensor keys, Tensor values, Tensor qkv, Tensor starts, Tensor documentStarts, in AttentionForm form);
}

/// <summary>
/// Forward: as attention, for queries at positions start ... start + N - 1 over keys 0 ... their own position.
/// FLOPs: 4 H D per query and key; bytes: the used part of both caches once.
/// </summary>
internal readonly record struct CachedAttentionOp(
    Tensor Y, Tensor Keys, Tensor Values, Tensor Qkv, Tensor Starts, Tensor DocumentStarts, AttentionForm Form) : IOp
{
    public static OpInfo Info { get; } = OpInfo.Of(
        "cached attention", "y keys values <- qkv starts documentStarts", "A A A <- A I32 I32");

    public TensorList Operands => new(Y, Keys, Values, Qkv, Starts, DocumentStarts);

    public OpCost Cost => OpCost.Product(4.0 * Y.Count * Keys.Shape[1], 4.0 * Y.Count * Keys.Shape[1], Operands.Bytes);

    public void Execute(IBackend backend) => backend.CachedAttention(Y, Keys, Values, Qkv, Starts, DocumentStarts, Form);
}
