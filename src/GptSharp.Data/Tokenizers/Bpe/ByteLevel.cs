using System.Text;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// GPT-2's way to write bytes as printable characters, in which the files of byte-level tokenizers spell their tokens: a byte that is a printable
/// character of Latin-1 stands for itself, the other 68 are U+0100, U+0101, ... in order (so a space is U+0120, Ġ).
/// </summary>
public static class ByteLevel
{
    private static readonly char[] Letters = MakeLetters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The letter of a byte.</summary>
    public static char LetterOf(byte value) => Letters[value];

    /// <summary>The 256 bytes in the order of their letters: the order in which training numbers them.</summary>
    public static IReadOnlyList<byte> BytesByLetter { get; } = [.. Enumerable.Range(0, 256).Select(value => (byte)value).OrderBy(value => Letters[value])];

    /// <summary>Bytes written with letters.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte value in bytes)
        {
            text.Append(Letters[value]);
        }

        return text.ToString();
    }

    /// <summary>The bytes that a text of letters stands for.</summary>
    /// <returns>False when the text holds a character that is no letter of a byte.</returns>
    public static bool TryRead(string letters, out byte[] bytes)
    {
        bytes = new byte[letters.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (letters[i] >= Bytes.Length || Bytes[letters[i]] < 0)
            {
                return false;
            }

            bytes[i] = (byte)Bytes[letters[i]];
        }

        return true;
    }

    private static char[] MakeLetters()
    {
        var letters = new char[256];
        char next = '\u0100';
        for (int value = 0; value < 256; value++)
        {
            // The soft hyphen, U+00AD, does not show, so it counts as unprintable.
            bool printable = value is (> 0x20 and < 0x7F) or (> 0xA0 and not 0xAD);
            letters[value] = printable ? (char)value : next++;
        }

        return letters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[Letters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++)
        {
            bytes[Letters[value]] = (short)value;
        }

        return bytes;
    }
}
