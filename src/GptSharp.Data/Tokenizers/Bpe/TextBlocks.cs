namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>
/// Texts in blocks that can be cut into pieces on their own: a block ends where a text ends, or where no pattern can have a piece that goes on. Threads take
/// blocks in turn; only the blocks that they hold are in memory.
/// </summary>
internal sealed class TextBlocks(IEnumerable<Func<Stream>> texts, SplitPattern pattern, int blockSize) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly IEnumerator<Func<Stream>> _texts = texts.GetEnumerator();
    private Stream? _text;

    // Behind the cut in the block before.
    private byte[] _carried = [];

    /// <summary>Bytes handed out.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Reads the next block into a buffer, which grows where a text cannot be cut sooner.</summary>
    /// <returns>Its length, or -1 behind the last text.</returns>
    public int Next(ref byte[] buffer)
    {
        lock (_lock)
        {
            if (_text is null)
            {
                if (!_texts.MoveNext())
                {
                    return -1;
                }

                _text = _texts.Current();
            }

            int length = Read(ref buffer);
            BytesRead += length;
            return length;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _text?.Dispose();
        _texts.Dispose();
    }

    /// <summary>
    /// The last place before which a text can be cut: behind a letter, before something that is neither letter nor mark nor apostrophe. No pattern has a
    /// piece across such a place, and none looks back.
    /// </summary>
    /// <returns>The place, or 0 where there is none.</returns>
    public static int LastCut(ReadOnlySpan<byte> text)
    {
        // The last character may not be whole yet.
        for (int place = text.Length - 4; place > 0; place--)
        {
            if ((text[place] & 0xC0) == 0x80 || text[place] == (byte)'\''
                || (Characters.At(text, place, out _) & (CharacterClass.Letter | CharacterClass.Mark)) != 0)
            {
                continue;
            }

            int before = place - 1;
            while (before > 0 && place - before < 4 && (text[before] & 0xC0) == 0x80)
            {
                before--;
            }

            if ((Characters.At(text, before, out int length) & CharacterClass.Letter) != 0 && before + length == place)
            {
                return place;
            }
        }

        return 0;
    }

    private int Read(ref byte[] buffer)
    {
        int filled = _carried.Length;
        Grow(ref buffer, Math.Max(blockSize, filled));
        _carried.CopyTo(buffer, 0);
        _carried = [];
        while (true)
        {
            int read = _text!.ReadAtLeast(buffer.AsSpan(filled), buffer.Length - filled, throwOnEndOfStream: false);
            filled += read;
            if (filled < buffer.Length)
            {
                _text.Dispose();
                _text = null;
                return filled;
            }

            int cut = pattern == SplitPattern.None ? 0 : LastCut(buffer);
            if (cut > 0)
            {
                _carried = buffer[cut..];
                return cut;
            }

            Grow(ref buffer, (int)Math.Min(Array.MaxLength, buffer.Length * 2L));
            if (filled == buffer.Length)
            {
                throw new InvalidDataException("A text has 2 GiB without a place to cut it; a tokenizer cannot be trained on it.");
            }
        }
    }

    private static void Grow(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            Array.Resize(ref buffer, length);
        }
    }
}
