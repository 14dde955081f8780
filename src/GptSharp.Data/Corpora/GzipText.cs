using System.IO.Compression;

namespace GptSharp.Data.Corpora;

/// <summary>
/// A file packed with gzip, read as what it holds; several members one after the other, as <c>pigz</c> and <c>cat</c> make them, are one
/// text. A file that is damaged or was cut off is refused by name.
/// </summary>
internal sealed class GzipText(string path, FileStream file) : Stream
{
    private readonly GZipStream _unpacked = new(file, CompressionMode.Decompress);
    private long _read;

    // Unless told so, .NET takes the middle of a gzip stream for its end, and a text that was cut off for a whole one.
    static GzipText() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        try
        {
            int read = _unpacked.Read(buffer);
            _read += read;
            return read;
        }
        catch (InvalidDataException exception)
        {
            throw new CorpusException($"{path} is truncated or damaged: its gzip stream breaks off after {_read} bytes of text; get the file again.", exception);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
        }

        base.Dispose(disposing);
    }
}
