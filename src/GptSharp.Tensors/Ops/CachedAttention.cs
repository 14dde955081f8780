namespace GptSharp.Tensors;

public static partial class Ops
{
    /// <summary>
    /// Attention of new positions over a cache of keys and values, for generation: appends the new keys and values, then lets
    /// each new query see everything up to its own position. Not differentiable.
    /// </summary>
    /// <param name="qkv">(B, N, 3C): N new positions of each sequence.</param>
    /// <param name="keys">(B, S, C): the cache of keys; rows start[b] ... start[b] + N - 1 are written.</param>
    /// <param name="values">(B, S, C): the cache of values.</param>
    /// <param name="starts">I32 (B): how many positions of each sequence are in the cache already.</param>
    /// <param name="headCount">H.</param>
    /// <returns>(B, N, C).</returns>
    /// <exception cref="TensorException">The shapes do not fit.</exception>
    public static Tensor CachedAttention(Tensor qkv, Tensor keys, Tensor values, Tensor starts, int headCount)
    {
        int channels = qkv.Shape.Last / 3;
        if (qkv.Shape.Rank != 3 || headCount <= 0 || qkv.Shape.Last % (3 * headCount) != 0
            || keys.Shape.Rank != 3 || keys.Shape != values.Shape || keys.Shape[0] != qkv.Shape[0]
            || keys.Shape.Last != channels || starts.Shape != qkv.Shape[0])
        {
            throw new TensorException(
                $"cached attention: qkv {qkv.Shape} with {headCount} heads does not fit caches {keys.Shape} and {values.Shape} "
                + $"and starts {starts.Shape}.");
        }

        Step step = StepOf(qkv);
        Tensor y = step.New((qkv.Shape[0], qkv.Shape[1], channels), qkv.DType);     // (B, N, C)
        step.Run(new CachedAttentionOp(y, keys, values, qkv, starts, headCount));
        return y;
    }
}

public partial interface IBackend
{
    /// <summary>Writes the new keys and values into their caches, then attends.</summary>
    /// <exception cref="TensorException">A sequence would outgrow the cache.</exception>
    void CachedAttention(Tensor y, Tensor keys, Tensor values, Tensor qkv, Tensor starts, int headCount);
}

/// <summary>
/// Forward: as attention, for queries at positions start ... start + N - 1 over keys 0 ... their own position.
/// FLOPs: 4 C per query and key; bytes: the used part of both caches once.
/// </summary>
internal readonly record struct CachedAttentionOp(
    Tensor Y, Tensor Keys, Tensor Values, Tensor Qkv, Tensor Starts, int HeadCount) : IOp
{
    public static OpInfo Info { get; } = new(
        "cached attention", "y keys values <- qkv starts", "F32 F32 F32 <- F32 I32", "F64 F64 F64 <- F64 I32");

    public TensorList Operands => new(Y, Keys, Values, Qkv, Starts);

    public double Flops => 4.0 * Y.Count * Keys.Shape[1];

    public void Execute(IBackend backend) => backend.CachedAttention(Y, Keys, Values, Qkv, Starts, HeadCount);
}
