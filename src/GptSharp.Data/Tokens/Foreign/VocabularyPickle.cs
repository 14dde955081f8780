using System.Buffers.Binary;
using System.Text;
using GptSharp.Data.Tokenizers;
using GptSharp.Files;

namespace GptSharp.Data.Tokens.Foreign;

/// <summary>
/// Writes nanoGPT's <c>meta.pkl</c>, a pickle of the dictionary <c>{vocab_size, itos, stoi}</c>. Writing one is harmless; none is ever read,
/// because a pickle can run any program when it is opened.
/// </summary>
internal static class VocabularyPickle
{
    /// <summary>Writes it.</summary>
    public static void Write(string path, CharTokenizer tokenizer) => AtomicFile.Write(path, stream =>
    {
        string[] characters = [.. tokenizer.Alphabet.EnumerateRunes().Select(character => character.ToString())];
        stream.Write([0x80, 2]);
        Dictionary(stream, () =>
        {
            Text(stream, "vocab_size");
            Number(stream, characters.Length);
            Text(stream, "itos");
            Dictionary(stream, () =>
            {
                for (int token = 0; token < characters.Length; token++)
                {
                    Number(stream, token);
                    Text(stream, characters[token]);
                }
            });
            Text(stream, "stoi");
            Dictionary(stream, () =>
            {
                for (int token = 0; token < characters.Length; token++)
                {
                    Text(stream, characters[token]);
                    Number(stream, token);
                }
            });
        });
        stream.WriteByte((byte)'.');
    });

    // EMPTY_DICT MARK key value … SETITEMS
    private static void Dictionary(Stream stream, Action items)
    {
        stream.Write("}("u8);
        items();
        stream.WriteByte((byte)'u');
    }

    // BININT
    private static void Number(Stream stream, int value)
    {
        Span<byte> bytes = stackalloc byte[5];
        bytes[0] = (byte)'J';
        BinaryPrimitives.WriteInt32LittleEndian(bytes[1..], value);
        stream.Write(bytes);
    }

    // BINUNICODE
    private static void Text(Stream stream, string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        Span<byte> length = stackalloc byte[5];
        length[0] = (byte)'X';
        BinaryPrimitives.WriteInt32LittleEndian(length[1..], text.Length);
        stream.Write(length);
        stream.Write(text);
    }
}
