namespace GptSharp.Tensors.Backends;

/// <summary>Refuses indices that would read or write outside a table, on backends whose memory the host can see.</summary>
internal static unsafe class IndexCheck
{
    /// <summary>Every index is in 0 ... limit - 1, or is <paramref name="except"/>.</summary>
    /// <exception cref="TensorException">One is not; the message names it and its place.</exception>
    public static void Within(string op, Tensor indices, long limit, int except = 0)
    {
        var values = new ReadOnlySpan<int>(indices.Pointer<int>(), checked((int)indices.Count));
        for (int i = 0; i < values.Length; i++)
        {
            if ((uint)values[i] >= limit && values[i] != except)
            {
                throw new TensorException(
                    $"{op}: index {values[i]} at place {i} of {indices.Shape} is outside 0 ... {limit - 1}.");
            }
        }
    }
}
