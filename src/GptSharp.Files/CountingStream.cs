namespace GptSharp.Files;

/// <summary>Passes writes on and counts their bytes.</summary>
internal sealed class CountingStream(Stream inner) : Stream
{
    /// <summary>Bytes written so far.</summary>
    public long Written { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Written;

    public override long Position
    {
        get => Written;
        set => throw new NotSupportedException("A counting stream cannot seek.");
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A counting stream cannot read.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A counting stream cannot seek.");

    public override void SetLength(long value) => throw new NotSupportedException("A counting stream cannot be resized.");

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Written += buffer.Length;
    }
}
