namespace GptSharp.Inference;

/// <summary>
/// What the model sees of a sequence that is longer than its block. When the window is full, its older half is dropped and the rest
/// is fed again, so the cost of feeding it spreads over half a block of tokens. The window therefore always begins at a multiple of
/// half the block: it depends on the sequence's length alone, not on where the prompt ended or whether there is a cache.
/// </summary>
public static class ContextWindow
{
    /// <summary>The first token that the model sees.</summary>
    /// <param name="length">Tokens of the sequence so far.</param>
    /// <param name="blockSize">Tokens that the model sees at most.</param>
    public static int Start(int length, int blockSize)
    {
        int hop = Math.Max(1, blockSize / 2);
        int excess = Math.Max(0, length - blockSize);
        return (excess + hop - 1) / hop * hop;
    }
}
