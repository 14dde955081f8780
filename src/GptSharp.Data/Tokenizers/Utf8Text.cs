using System.Buffers;
using System.Text;

namespace GptSharp.Data.Tokenizers;

/// <summary>Characters of text that is kept as bytes.</summary>
internal static class Utf8Text
{
    /// <summary>Where the first byte stands that is no part of a character in UTF-8; -1 if there is none.</summary>
    public static int IndexOfInvalid(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return -1;
        }

        int position = 0;
        while (Rune.DecodeFromUtf8(bytes[position..], out _, out int length) == OperationStatus.Done)
        {
            position += length;
        }

        return position;
    }

    /// <summary>The character at the start of a text, and its length; of bytes that are no character, one byte.</summary>
    /// <returns>Whether it is a character.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Rune character, out int length)
    {
        if (Rune.DecodeFromUtf8(bytes, out character, out length) == OperationStatus.Done)
        {
            return true;
        }

        length = Math.Min(1, bytes.Length);
        return false;
    }
}
