using System.Numerics;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>How often each different piece occurs: a hash table over one array of bytes, so that millions of words are no load on the garbage collector.</summary>
internal sealed class PieceCounter
{
    private byte[] _bytes = new byte[1 << 16];
    private long _used;
    private Piece[] _pieces = new Piece[1 << 12];
    private int[] _slots = new int[1 << 13];

    /// <summary>The number of different pieces.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of all different pieces together.</summary>
    public long Bytes => _used;

    /// <summary>A piece.</summary>
    public ReadOnlySpan<byte> BytesOf(int piece) => _bytes.AsSpan(_pieces[piece].Start, _pieces[piece].Length);

    /// <summary>How often it occurs.</summary>
    public long TimesOf(int piece) => _pieces[piece].Times;

    /// <summary>Counts a piece.</summary>
    public void Add(ReadOnlySpan<byte> bytes, long times)
    {
        uint hash = Hash(bytes);
        int slot = (int)hash & (_slots.Length - 1);
        for (; _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            ref Piece piece = ref _pieces[_slots[slot] - 1];
            if (piece.Hash == hash && piece.Length == bytes.Length && bytes.SequenceEqual(_bytes.AsSpan(piece.Start, piece.Length)))
            {
                piece.Times += times;
                return;
            }
        }

        Append(bytes, hash, times);
        _slots[slot] = Count;
        if (Count * 2 > _slots.Length)
        {
            GrowSlots();
        }
    }

    /// <summary>Adds all that another one has counted.</summary>
    public void Add(PieceCounter other)
    {
        for (int piece = 0; piece < other.Count; piece++)
        {
            Add(other.BytesOf(piece), other.TimesOf(piece));
        }
    }

    private void Append(ReadOnlySpan<byte> bytes, uint hash, long times)
    {
        if (_used + bytes.Length > _bytes.Length)
        {
            if (_used + bytes.Length > Array.MaxLength)
            {
                throw new InvalidDataException("The texts have more than 2 GiB of different pieces; train on fewer texts, or on a sample of them.");
            }

            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(_bytes.Length * 2L, _used + bytes.Length)));
        }

        if (Count == _pieces.Length)
        {
            Array.Resize(ref _pieces, _pieces.Length * 2);
        }

        bytes.CopyTo(_bytes.AsSpan((int)_used));
        _pieces[Count++] = new Piece { Start = (int)_used, Length = bytes.Length, Hash = hash, Times = times };
        _used += bytes.Length;
    }

    private void GrowSlots()
    {
        _slots = new int[_slots.Length * 2];
        for (int piece = 0; piece < Count; piece++)
        {
            int slot = (int)_pieces[piece].Hash & (_slots.Length - 1);
            while (_slots[slot] != 0)
            {
                slot = (slot + 1) & (_slots.Length - 1);
            }

            _slots[slot] = piece + 1;
        }
    }

    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length * 0x9E3779B97F4A7C15;
        while (bytes.Length >= 8)
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ MemoryMarshal.Read<ulong>(bytes)) * 0x9E3779B97F4A7C15;
            bytes = bytes[8..];
        }

        ulong tail = 0;
        foreach (byte value in bytes)
        {
            tail = (tail << 8) | value;
        }

        hash = (BitOperations.RotateLeft(hash, 23) ^ tail) * 0x9E3779B97F4A7C15;
        return (uint)(hash >> 32);
    }

    private struct Piece
    {
        public long Times;
        public int Start;
        public int Length;
        public uint Hash;
    }
}
