using System.Buffers;
using System.Text.Unicode;

namespace GptSharp.Data.Corpora;

/// <summary>One text file of a corpus. It is read in pieces, so that its length does not matter.</summary>
public sealed class TextDocument
{
    private const int PieceBytes = 16 << 10;

    internal TextDocument(string path) => Path = path;

    /// <summary>The file.</summary>
    public string Path { get; }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The text from its start to its end, without a byte-order mark; no piece ends within a character.</summary>
    /// <exception cref="CorpusException">The file is no UTF-8 text.</exception>
    public IEnumerable<string> ReadPieces()
    {
        using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        var bytes = new byte[PieceBytes];
        var characters = new char[PieceBytes];
        long offset = 0;
        int kept = 0;
        bool isLast = false;
        while (!isLast)
        {
            int filled = kept + stream.ReadAtLeast(bytes.AsSpan(kept), bytes.Length - kept, throwOnEndOfStream: false);
            isLast = filled < bytes.Length;
            int start = offset == 0 && bytes.AsSpan(0, filled).StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
            (int used, int written) = Decode(bytes.AsSpan(start, filled - start), characters, offset + start, isLast);
            if (written > 0)
            {
                yield return new string(characters, 0, written);
            }

            // The beginning of a character whose other bytes come with the next piece.
            kept = filled - start - used;
            bytes.AsSpan(start + used, kept).CopyTo(bytes);
            offset += start + used;
        }
    }

    private (int Used, int Written) Decode(ReadOnlySpan<byte> bytes, Span<char> characters, long offset, bool isLast)
    {
        OperationStatus status = Utf8.ToUtf16(bytes, characters, out int used, out int written, replaceInvalidSequences: false, isLast);
        int zero = bytes[..used].IndexOf((byte)0);
        if (zero >= 0)
        {
            throw new CorpusException($"{Path} is not a text file: its byte {offset + zero} is zero; use text in UTF-8.");
        }

        return status == OperationStatus.InvalidData
            ? throw new CorpusException($"{Path} is not UTF-8 text: its byte {offset + used} (0x{bytes[used]:X2}) begins no character; convert it to UTF-8.")
            : (used, written);
    }
}
