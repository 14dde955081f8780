using System.Buffers;

namespace GptSharp.Data.Corpora;

/// <summary>A window on a stream that grows as far as somebody needs to look ahead, and forgets what was used.</summary>
internal sealed class InputBuffer : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(1 << 20);
    private Stream _stream = Stream.Null;
    private int _start;
    private int _end;

    /// <summary>Place of the first available byte in the stream.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes that were read and not used.</summary>
    public ReadOnlySpan<byte> Available => _bytes.AsSpan(_start, _end - _start);

    /// <summary>Whether nothing follows what is available.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Turns to a stream.</summary>
    /// <param name="stream">Read from its beginning.</param>
    /// <param name="offset">Bytes to pass over.</param>
    public void Begin(Stream stream, long offset)
    {
        (_stream, _start, _end, Offset, IsLast) = (stream, 0, 0, 0, false);
        if (stream.CanSeek)
        {
            stream.Position = offset;
            Offset = offset;
        }

        while (Offset < offset && Fill(1))
        {
            Advance((int)Math.Min(offset - Offset, Available.Length));
        }
    }

    /// <summary>Reads until so many bytes are available, or the stream ends.</summary>
    /// <returns>Whether they are.</returns>
    public bool Fill(int count)
    {
        while (_end - _start < count && !IsLast)
        {
            MakeRoom(count);
            int read = _stream.Read(_bytes, _end, _bytes.Length - _end);
            _end += read;
            IsLast = read == 0;
        }

        return _end - _start >= count;
    }

    /// <summary>Passes over available bytes.</summary>
    public void Advance(int count)
    {
        _start += count;
        Offset += count;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private void MakeRoom(int count)
    {
        if (count > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(count);
            Available.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, _end, _start) = (larger, _end - _start, 0);
        }
        else if (_start > 0)
        {
            Available.CopyTo(_bytes);
            (_end, _start) = (_end - _start, 0);
        }
    }
}
