namespace GptSharp.Tensors.Backends;

/// <summary>
/// Refuses indices that would read or write outside a table: looks for them where the host can see the device's memory, and has the
/// sentences for all backends.
/// </summary>
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
                throw Failure(IndexRule.Within, op, indices.Place, i, values[i], limit);
            }
        }
    }

    /// <summary>Every position is 0 or more.</summary>
    /// <param name="op">The operation, for the message.</param>
    /// <param name="positions">I32, or absent.</param>
    /// <exception cref="TensorException">One is not; the message names it and its place.</exception>
    public static void NotNegative(string op, Tensor positions)
    {
        for (int i = 0; !positions.IsNone && i < positions.Count; i++)
        {
            int value = positions.Pointer<int>()[i];
            if (value < 0)
            {
                throw Failure(IndexRule.NotNegative, op, positions.Place, i, value, limit: 0);
            }
        }
    }

    /// <summary>Every document starts at its position or before: documentStarts[b, t] is in 0 ... start[b] + t.</summary>
    /// <param name="op">The operation, for the message.</param>
    /// <param name="documentStarts">I32 (B, T), or absent.</param>
    /// <param name="starts">I32 (B), the position of each row's first element; absent for zeros.</param>
    /// <exception cref="TensorException">One does not; the message names it and its place.</exception>
    public static void Causal(string op, Tensor documentStarts, Tensor starts = default)
    {
        if (documentStarts.IsNone)
        {
            return;
        }

        (int batch, int time) = (documentStarts.Shape[0], documentStarts.Shape[1]);
        for (int b = 0; b < batch; b++)
        {
            int start = starts.IsNone ? 0 : starts.Pointer<int>()[b];
            for (int t = 0; t < time; t++)
            {
                int value = documentStarts.Pointer<int>()[(b * time) + t];
                if (value < 0 || value > start + t)
                {
                    throw Failure(IndexRule.Causal, op, documentStarts.Place, (b * time) + t, value, start + t + 1);
                }
            }
        }
    }

    /// <summary>The sentence about an index that breaks a rule.</summary>
    /// <param name="rule">Which rule.</param>
    /// <param name="op">The operation, for the message.</param>
    /// <param name="indices">The shape of the indices, or of the whole that they are a part of, and how many stand before them in that.</param>
    /// <param name="place">Which of them, row-major.</param>
    /// <param name="value">The index.</param>
    /// <param name="limit">The smallest number that is too large.</param>
    public static TensorException Failure(IndexRule rule, string op, (Shape Whole, long First) indices, long place, int value, long limit)
    {
        (Shape shape, place) = (indices.Whole, indices.First + place);
        return new TensorException(rule switch
        {
            IndexRule.Within => $"{op}: index {value} at place {place} of {shape} is outside 0 ... {limit - 1}.",
            IndexRule.NotNegative => $"{op}: position {value} at place {place} of {shape} is below 0.",
            _ => $"{op}: the document at position {limit - 1} of sequence {place / shape.Last} cannot start at {value}; "
                + $"0 ... {limit - 1} would do.",
        });
    }
}
