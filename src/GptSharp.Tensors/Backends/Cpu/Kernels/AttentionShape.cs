namespace GptSharp.Tensors.Backends.Cpu.Kernels;

/// <summary>Sizes and layout of causal attention, as read from packed projections or a cache.</summary>
/// <remarks>
/// Sample b's query row t, head h begins at q + (b QueryCount + t) QueryStride + h HeadSize; outputs lie likewise with
/// OutputStride, and keys and values with KeyStride and KeyCapacity rows per sample. Heads share keys in groups: head h reads key
/// head h / (HeadCount / KeyHeadCount).
/// </remarks>
/// <param name="Batch">B.</param>
/// <param name="HeadCount">H.</param>
/// <param name="KeyHeadCount">G, a divisor of H.</param>
/// <param name="HeadSize">D, at least 1.</param>
/// <param name="QueryCount">Query rows per sample: T, or the new positions of a cached chunk.</param>
/// <param name="KeyCapacity">Key rows per sample: T, or the capacity of the cache.</param>
/// <param name="QueryStride">Elements between query rows.</param>
/// <param name="KeyStride">Elements between key rows and between value rows.</param>
/// <param name="OutputStride">Elements between output rows.</param>
/// <param name="Scale">What scores are multiplied by before the softmax.</param>
internal readonly record struct AttentionShape(
    int Batch, int HeadCount, int KeyHeadCount, int HeadSize, int QueryCount, int KeyCapacity,
    long QueryStride, long KeyStride, long OutputStride, float Scale)
{
    /// <summary>Heads that share one key head.</summary>
    public int GroupSize => HeadCount / KeyHeadCount;

    /// <summary>The head size in whole registers of any path; the padding holds zeros.</summary>
    public int PaddedHeadSize => (HeadSize + 15) / 16 * 16;

    /// <summary>Attention of whole sequences over rows that hold H queries, G keys and G values side by side.</summary>
    /// <remarks>The keys begin H D elements into the row, the values (H + G) D; outputs are H D elements wide.</remarks>
    public static AttentionShape Packed(int batch, int time, int headCount, int keyHeadCount, int headSize, float scale)
    {
        long stride = (headCount + (2L * keyHeadCount)) * headSize;
        return new(batch, headCount, keyHeadCount, headSize, time, time, stride, stride, (long)headCount * headSize, scale);
    }
}
