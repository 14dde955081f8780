using System.Text;
using GptSharp.Data.Tokenizers.Bpe;
using GptSharp.Data.Tokenizers.Pipeline.Models;

namespace GptSharp.Data.Tokenizers.Pipeline.Decoders;

/// <summary>A step of decoding.</summary>
/// <param name="Change">Changes a token's text, or the whole text; told whether it is the first one.</param>
/// <param name="ConcernsWhole">Whether it comes after the tokens were put together.</param>
internal sealed record DecoderStep(Func<byte[], bool, byte[]> Change, bool ConcernsWhole)
{
    public byte[] Apply(byte[] text, bool isFirst) => Change(text, isFirst);

    /// <summary>The letters of bytes become the bytes; a token with any other character stays as it is.</summary>
    public static byte[] ReadLetters(byte[] token) => ByteLevel.TryRead(Encoding.UTF8.GetString(token), out byte[] bytes) ? bytes : token;

    /// <summary>A token <c>&lt;0x0A&gt;</c> becomes the byte.</summary>
    public static byte[] ReadByte(byte[] token) =>
        token.Length == 6 && UnknownCharacters.TryReadByte(Encoding.UTF8.GetString(token), out byte value) ? [value] : token;

    /// <summary>Takes some characters away from both ends, as far as they are all the same given one.</summary>
    public static byte[] Strip(byte[] text, byte[] character, int atStart, int atEnd)
    {
        ReadOnlySpan<byte> left = text;
        for (int i = 0; i < atStart && left.StartsWith(character); i++)
        {
            left = left[character.Length..];
        }

        for (int i = 0; i < atEnd && left.EndsWith(character); i++)
        {
            left = left[..^character.Length];
        }

        return left.Length == text.Length ? text : left.ToArray();
    }
}
