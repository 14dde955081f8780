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

    /// <summary>Begins a file.</summary>
    /// <param name="stream">An empty file.</param>
    /// <param name="vocabularySize">Tokens are 0 ... vocabularySize - 1.</param>
    internal TokenFileWriter(Stream stream, int vocabularySize)
    {
        _stream = stream;
        _vocabularySize = vocabularySize;
        _width = TokenFileHeader.WidthFor(vocabularySize);

        // The header's place; what belongs there is known at the end.
        _stream.Write(new byte[TokenFileHeader.Bytes]);
    }

    /// <summary>Goes on with a file that was flushed after so many tokens; what was written behind them is forgotten.</summary>
    /// <param name="stream">The unfinished file.</param>
    /// <param name="vocabularySize">Tokens are 0 ... vocabularySize - 1.</param>
    /// <param name="count">Tokens to keep.</param>
    /// <param name="documentStarts">Document starts to keep.</param>
    internal TokenFileWriter(Stream stream, int vocabularySize, long count, IEnumerable<long> documentStarts)
    {
        _stream = stream;
        _vocabularySize = vocabularySize;
        _width = TokenFileHeader.WidthFor(vocabularySize);
        _documentStarts.AddRange(documentStarts);
        Count = count;
        _stream.Position = TokenFileHeader.Bytes;
        for (long bytes = count * _width; bytes > 0; bytes -= _filled)
        {
            if (_filled == _chunk.Length)
            {
                _hashes.Add(XxHash3.HashToUInt64(_chunk));
            }

            _filled = (int)Math.Min(_chunk.Length, bytes);
            _stream.ReadExactly(_chunk, 0, _filled);
        }

        if (_filled == _chunk.Length)
        {
            _hashes.Add(XxHash3.HashToUInt64(_chunk));
            _filled = 0;
        }

        _stream.Position -= _filled;
    }

    /// <summary>Tokens so far.</summary>
    public long Count { get; private set; }

    /// <summary>Where documents start, so far.</summary>
    internal IReadOnlyList<long> DocumentStarts => _documentStarts;

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
        while (!tokens.IsEmpty)
        {
            int count = Math.Min(tokens.Length, (_chunk.Length - _filled) / _width);
            Store(tokens[..count]);
            tokens = tokens[count..];
            if (_filled == _chunk.Length)
            {
                WriteChunk();
            }
        }
    }

    /// <summary>Puts everything so far into the file, which stays unfinished.</summary>
    internal void Flush()
    {
        _stream.Write(_chunk.AsSpan(0, _filled));
        _stream.Flush();
        _stream.Position -= _filled;
    }

    /// <summary>Completes the file.</summary>
    internal void Finish()
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

        // A file that goes on from an earlier attempt may have had more behind its tokens.
        _stream.SetLength(_stream.Position);
        Span<byte> header = stackalloc byte[TokenFileHeader.Bytes];
        new TokenFileHeader(_width, _vocabularySize, Count, _documentStarts.Count, tables.GetCurrentHashAsUInt64()).Write(header);
        _stream.Position = 0;
        _stream.Write(header);
    }

    // As many tokens as the chunk has room for.
    private void Store(ReadOnlySpan<int> tokens)
    {
        int foreign = tokens.IndexOfAnyExceptInRange(0, _vocabularySize - 1);
        if (foreign >= 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(tokens), $"Token {Count + foreign} is {tokens[foreign]}, but the vocabulary has {_vocabularySize} tokens.");
        }

        Span<byte> place = _chunk.AsSpan(_filled, tokens.Length * _width);
        if (_width == sizeof(ushort))
        {
            for (int i = 0; i < tokens.Length; i++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(place[(2 * i)..], (ushort)tokens[i]);
            }
        }
        else
        {
            MemoryMarshal.AsBytes(tokens).CopyTo(place);
        }

        Count += tokens.Length;
        _filled += place.Length;
    }

    private void WriteChunk()
    {
        ReadOnlySpan<byte> chunk = _chunk.AsSpan(0, _filled);
        _hashes.Add(XxHash3.HashToUInt64(chunk));
        _stream.Write(chunk);
        _filled = 0;
    }
}
