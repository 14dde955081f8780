using System.IO.Hashing;

namespace GptSharp.Data.Tests.Tokens;

/// <summary>Token files put together from the format's description, byte by byte, without the library's writer.</summary>
internal static class HandmadeTokenFile
{
    public const int HeaderBytes = 56;

    public const int ChunkBytes = 1 << 20;

    /// <summary>The bytes of a file whose tokens fit one hash.</summary>
    public static byte[] Small(int version, int vocabulary, int width, long[] documentStarts, params uint[] tokens)
    {
        using var data = new MemoryStream();
        using (var writer = new BinaryWriter(data, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            foreach (uint token in tokens)
            {
                if (width == 2)
                {
                    writer.Write((ushort)token);
                }
                else
                {
                    writer.Write(token);
                }
            }
        }

        byte[] tables = Tables(documentStarts, XxHash3.HashToUInt64(data.ToArray()));
        return [.. Header(version, vocabulary, width, tokens.Length, documentStarts.Length, tables), .. data.ToArray(), .. tables];
    }

    /// <summary>What follows the tokens.</summary>
    public static byte[] Tables(long[] documentStarts, params IEnumerable<ulong> hashes)
    {
        using var tables = new MemoryStream();
        using var writer = new BinaryWriter(tables);
        foreach (long start in documentStarts)
        {
            writer.Write(start);
        }

        foreach (ulong hash in hashes)
        {
            writer.Write(hash);
        }

        writer.Flush();
        return tables.ToArray();
    }

    /// <summary>What precedes them.</summary>
    public static byte[] Header(int version, long vocabulary, int width, long tokens, long documents, byte[] tables)
    {
        using var header = new MemoryStream();
        using var writer = new BinaryWriter(header);
        writer.Write("GPTSHTOK"u8);
        writer.Write(version);
        writer.Write(width);
        writer.Write(vocabulary);
        writer.Write(tokens);
        writer.Write(documents);
        writer.Write(XxHash3.HashToUInt64(tables));
        writer.Flush();
        writer.Write(XxHash3.HashToUInt64(header.ToArray()));
        writer.Flush();
        return header.ToArray();
    }
}
