namespace GptSharp.Data.Tokenizers.Pipeline.Normalizers;

/// <summary>Changes a text before it is divided.</summary>
internal interface INormalizer
{
    /// <summary>The changed text; bytes that are no UTF-8 stay as they are.</summary>
    /// <param name="text">A text between added tokens, UTF-8; not empty.</param>
    byte[] Normalize(byte[] text);
}
