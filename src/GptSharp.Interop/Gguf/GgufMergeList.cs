namespace GptSharp.Interop.Gguf;

/// <summary>The merges that SentencePiece's vocabularies leave unsaid: any two tokens whose texts together are a token's.</summary>
internal static class GgufMergeList
{
    /// <summary>All pairs of tokens that make a token.</summary>
    /// <param name="tokens">The texts of the tokens.</param>
    /// <param name="isToken">Whether a text is one of them.</param>
    public static IEnumerable<(string Left, string Right)> Possible(IEnumerable<string> tokens, Func<string, bool> isToken)
    {
        foreach (string token in tokens)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                (string left, string right) = (token[..cut], token[cut..]);
                if (!char.IsLowSurrogate(token[cut]) && isToken(left) && isToken(right))
                {
                    yield return (left, right);
                }
            }
        }
    }
}
