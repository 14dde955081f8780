using System.Buffers.Text;

namespace GptSharp.Cli.Tokenizers;

/// <summary>Writes ids as text.</summary>
internal sealed class TokenIdWriter(Stream stream)
{
    private readonly byte[] _digits = new byte[16];

    /// <summary>Ids with spaces between them, on one line.</summary>
    public void WriteLine(ReadOnlySpan<int> ids)
    {
        Write(ids, (byte)' ');
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Ids as a JSON list, on one line.</summary>
    public void WriteList(ReadOnlySpan<int> ids)
    {
        stream.WriteByte((byte)'[');
        Write(ids, (byte)',');
        stream.Write("]\n"u8);
    }

    private void Write(ReadOnlySpan<int> ids, byte separator)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (i > 0)
            {
                stream.WriteByte(separator);
            }

            Utf8Formatter.TryFormat(ids[i], _digits, out int length);
            stream.Write(_digits, 0, length);
        }
    }
}
