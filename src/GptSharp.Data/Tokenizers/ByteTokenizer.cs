using System.Text;

namespace GptSharp.Data.Tokenizers;

/// <summary>One token per byte of the text's UTF-8 form: 256 tokens that can write anything.</summary>
public sealed class ByteTokenizer : ITokenizer
{
    /// <inheritdoc/>
    public string Kind => "byte";

    /// <inheritdoc/>
    public int VocabularySize => 256;

    /// <inheritdoc/>
    public int[] Encode(string text) => EncodeBytes(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(DecodeBytes(tokens));

    /// <inheritdoc/>
    public int[] EncodeBytes(ReadOnlySpan<byte> bytes)
    {
        var tokens = new int[bytes.Length];
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = bytes[i];
        }

        return tokens;
    }

    /// <inheritdoc/>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens)
    {
        var bytes = new byte[tokens.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)tokens[i];
        }

        return bytes;
    }
}
