namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Text of tokens that come one at a time, as generation has them: a character appears when its last byte is there, so none is ever shown broken. What can
/// no longer become a character is U+FFFD.
/// </summary>
public sealed class BpeTextStream
{
    /// <summary>A stream of a model's tokens.</summary>
    public BpeTextStream(BpeModel model) => throw new NotImplementedException();

    /// <summary>The text that a further token completes; often empty.</summary>
    public string Add(int id) => throw new NotImplementedException();

    /// <summary>What is left at the end: U+FFFD for the beginning of a character that never came.</summary>
    public string Finish() => throw new NotImplementedException();
}
