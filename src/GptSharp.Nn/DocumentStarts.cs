using GptSharp.Tensors;

namespace GptSharp.Nn;

/// <summary>
/// Where the document of each position begins, found from the tokens alone: a document begins at its separator, and what stands before
/// the first separator is a document of its own. So it does not matter whether a corpus puts the separator before or after its
/// documents: the first token of each has the separator to be predicted from, and nothing sees beyond it.
/// </summary>
/// <param name="separator">The token that begins a document.</param>
internal sealed class DocumentStarts(int separator)
{
    private int[] _tokens = [];
    private int[] _starts = [];

    /// <summary>The starts of sequences that are seen from their beginning.</summary>
    /// <param name="step">Where the result lives.</param>
    /// <param name="tokens">I32 (B, T).</param>
    /// <returns>I32 (B, T).</returns>
    public Tensor Of(Step step, Tensor tokens)
    {
        (int batch, int time) = Fetch(tokens);
        for (int b = 0; b < batch; b++)
        {
            Follow(b * time, time, position: 0, start: 0);
        }

        return step.Input(_starts.AsSpan(0, checked((int)tokens.Count)), tokens.Shape);
    }

    /// <summary>The starts of new positions after those in a cache, which remembers them.</summary>
    /// <param name="step">Where the result lives.</param>
    /// <param name="tokens">I32 (B, N).</param>
    /// <param name="cache">The sequences so far.</param>
    /// <returns>I32 (B, N): cached positions.</returns>
    public Tensor Of(Step step, Tensor tokens, KeyValueCache cache)
    {
        (int batch, int added) = Fetch(tokens);
        for (int b = 0; b < batch; b++)
        {
            Span<int> known = cache.DocumentStarts(b);
            int length = cache.Lengths[b];
            Follow(b * added, added, length, length == 0 ? 0 : known[length - 1]);

            // Padding may stand beyond the cache.
            _starts.AsSpan(b * added, Math.Min(added, known.Length - length)).CopyTo(known[length..]);
        }

        return step.Input(_starts.AsSpan(0, checked((int)tokens.Count)), tokens.Shape);
    }

    private (int Batch, int Time) Fetch(Tensor tokens)
    {
        int count = checked((int)tokens.Count);
        if (_tokens.Length < count)
        {
            (_tokens, _starts) = (new int[count], new int[count]);
        }

        tokens.Download(_tokens.AsSpan(0, count));
        return (tokens.Shape[0], tokens.Shape[1]);
    }

    private void Follow(int first, int count, int position, int start)
    {
        for (int i = 0; i < count; i++)
        {
            start = _tokens[first + i] == separator ? position + i : start;
            _starts[first + i] = start;
        }
    }
}
