using System.Text;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Text of tokens that come one at a time, as generation has them: a character appears when its last byte is there, so none is ever shown broken. What can
/// no longer become a character is U+FFFD.
/// </summary>
public sealed class BpeTextStream(BpeModel model)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>The text that a further token completes; often empty.</summary>
    public string Add(int id)
    {
        ReadOnlySpan<byte> bytes = model.BytesOf(id);
        return Read(bytes.IsEmpty ? "\uFFFD"u8 : bytes, flush: false);
    }

    /// <summary>What is left at the end: U+FFFD for the beginning of a character that never came.</summary>
    public string Finish() => Read([], flush: true);

    private string Read(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> characters = stackalloc char[256];
        var text = new StringBuilder();
        bool completed;
        do
        {
            _decoder.Convert(bytes, characters, flush, out int bytesUsed, out int charactersUsed, out completed);
            text.Append(characters[..charactersUsed]);
            bytes = bytes[bytesUsed..];
        }
        while (!completed);
        return text.ToString();
    }
}
