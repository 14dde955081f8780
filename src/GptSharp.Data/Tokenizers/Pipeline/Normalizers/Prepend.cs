namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>Puts a text before every text that is not empty.</summary>
internal sealed class Prepend(byte[] prefix) : INormalizer
{
    public byte[] Normalize(byte[] text) => text.Length == 0 ? text : [.. prefix, .. text];
}
