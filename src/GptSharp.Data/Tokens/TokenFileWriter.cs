using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using GptSharp.Files;

namespace GptSharp.Data.Tokens;

/// <summary>
/// Writes a token file from its first token to its last. It keeps one MiB of tokens in memory, and eight bytes for each document
/// and for each MiB.
/// </summary>
public sealed class TokenFileWriter
{
    private readonly Stream _stream;
    private readonly int _vocabularySize;
    private readonly int _width;
    private readonly byte[] _chunk = new byte[TokenFileHeader.ChunkBytes];
    private readonly List<long> _documentStarts = [];
    private readonly List<ulong> _hashes = [];
    private int _filled;

    private TokenFileWriter(Stream stream, int vocabularySize)
    {
        _stream = stream;
        _vocabularySize = vocabularySize;
        _width = TokenFileHeader.WidthFor(vocabularySize);
    }

    /// <summary>Tokens so far.</summary>
    public long Count { get; private set; }

    /// <summary>Writes or replaces a token file, which appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabularySize">Tokens are 0 ... vocabularySize - 1.</param>
    /// <param name="append">Gives the tokens, in as many calls as it likes.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, int vocabularySize, Action<TokenFileWriter> append)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        AtomicFile.Write(path, stream =>
        {
            // The header's place; what belongs there is known at the end.
            stream.Write(new byte[TokenFileHeader.Bytes]);
            var writer = new TokenFileWriter(stream, vocabularySize);
            append(writer);
            writer.Finish();
        });
    }

    /// <summary>Says that the next token is a document's first. A document without tokens leaves no trace.</summary>
    /// <exception cref="InvalidOperationException">Tokens of no document came before.</exception>
    public void BeginDocument()
    {
        if (_documentStarts.Count == 0 && Count > 0)
        {
            throw new InvalidOperationException($"The first document must start at token 0, not at token {Count}.");
        }

        if (_documentStarts.Count == 0 || _documentStarts[^1] != Count)
        {
            _documentStarts.Add(Count);
        }
    }

    /// <summary>Appends tokens.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token outside the vocabulary.</exception>
    public void Append(params ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_vocabularySize)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), $"Token {Count} is {token}, but the vocabulary has {_vocabularySize} tokens.");
            }

            Span<byte> place = _chunk.AsSpan(_filled, _width);
            if (_width == sizeof(ushort))
            {
                BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)token);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)token);
            }

            Count++;
            _filled += _width;
            if (_filled == _chunk.Length)
            {
                WriteChunk();
            }
        }
    }

    private void WriteChunk()
    {
        ReadOnlySpan<byte> chunk = _chunk.AsSpan(0, _filled);
        _hashes.Add(XxHash3.HashToUInt64(chunk));
        _stream.Write(chunk);
        _filled = 0;
    }

    private void Finish()
    {
        if (_filled > 0)
        {
            WriteChunk();
        }

        if (_documentStarts.Count > 0 && _documentStarts[^1] == Count)
        {
            _documentStarts.RemoveAt(_documentStarts.Count - 1);
        }

        ReadOnlySpan<byte> starts = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_documentStarts));
        ReadOnlySpan<byte> hashes = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_hashes));
        var tables = new XxHash3();
        tables.Append(starts);
        tables.Append(hashes);
        _stream.Write(starts);
        _stream.Write(hashes);

        Span<byte> header = stackalloc byte[TokenFileHeader.Bytes];
        new TokenFileHeader(_width, _vocabularySize, Count, _documentStarts.Count, tables.GetCurrentHashAsUInt64()).Write(header);
        _stream.Position = 0;
        _stream.Write(header);
    }
}
