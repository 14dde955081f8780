using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>The bytes of all tokens, one after the other, and a way from bytes to the token that has them.</summary>
internal sealed class TokenTable
{
    private readonly byte[] _bytes;
    private readonly int[] _starts;
    private readonly Entry[] _entries;
    private readonly int _shift;

    /// <summary>A table of tokens.</summary>
    /// <param name="tokens">The bytes of each; null where there is none.</param>
    /// <exception cref="ArgumentException">Two tokens have the same bytes, or a token is empty.</exception>
    public TokenTable(IReadOnlyList<byte[]?> tokens)
    {
        _starts = new int[tokens.Count + 1];
        int used = 0;
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is { Length: 0 })
            {
                throw new ArgumentException($"Token {id} has no bytes.", nameof(tokens));
            }

            _starts[id + 1] = checked(_starts[id] + (tokens[id]?.Length ?? 0));
            used += tokens[id] is null ? 0 : 1;
        }

        _bytes = new byte[_starts[^1]];
        _entries = new Entry[BitOperations.RoundUpToPowerOf2((uint)used * 2 + 16)];
        _shift = 64 - BitOperations.Log2((uint)_entries.Length);
        for (int id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is { } bytes)
            {
                bytes.CopyTo(_bytes, _starts[id]);
                Add(id, bytes);
            }
        }
    }

    /// <summary>The number of ids, used or not.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>The bytes of a token; empty where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> BytesOf(int id) =>
        (uint)id < (uint)Count ? _bytes.AsSpan(_starts[id], _starts[id + 1] - _starts[id]) : default;

    /// <summary>How many bytes a token has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int LengthOf(int id) => _starts[id + 1] - _starts[id];

    /// <summary>The token that is a part of a text, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ReadOnlySpan<byte> text, int start, int length)
    {
        ulong head = Head(text, start, length);
        ulong hash = length <= 8 ? Hash(head, length) : HashLong(text.Slice(start, length));
        for (int slot = (int)(hash >> _shift); ; slot++)
        {
            ref readonly Entry entry = ref _entries[slot & (_entries.Length - 1)];
            if (entry.Length == 0)
            {
                return -1;
            }

            if (entry.Head == head && entry.Length == length && (length <= 8 || text.Slice(start, length).SequenceEqual(BytesOf(entry.Id))))
            {
                return entry.Id;
            }
        }
    }

    private void Add(int id, ReadOnlySpan<byte> bytes)
    {
        int same = Find(bytes, 0, bytes.Length);
        if (same >= 0)
        {
            throw new ArgumentException($"Tokens {same} and {id} have the same bytes.", nameof(bytes));
        }

        ulong head = Head(bytes, 0, bytes.Length);
        int slot = (int)((bytes.Length <= 8 ? Hash(head, bytes.Length) : HashLong(bytes)) >> _shift);
        while (_entries[slot & (_entries.Length - 1)].Length != 0)
        {
            slot++;
        }

        _entries[slot & (_entries.Length - 1)] = new Entry { Head = head, Id = id, Length = bytes.Length };
    }

    // The first eight bytes as a number, zeros where there are fewer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Head(ReadOnlySpan<byte> text, int start, int length)
    {
        int shift = 64 - (Math.Min(length, 8) * 8);
        if (text.Length - start >= 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), start));
            return BitConverter.IsLittleEndian ? (word << shift) >> shift : BinaryHead(text, start, length);
        }

        return BinaryHead(text, start, length);
    }

    private static ulong BinaryHead(ReadOnlySpan<byte> text, int start, int length)
    {
        ulong head = 0;
        for (int i = Math.Min(length, 8) - 1; i >= 0; i--)
        {
            head = (head << 8) | text[start + i];
        }

        return head;
    }

    private static ulong Hash(ulong head, int length) => (head ^ ((ulong)length << 56)) * 0x9E3779B97F4A7C15;

    private static ulong HashLong(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length;
        for (int i = 0; i + 8 <= bytes.Length; i += 8)
        {
            hash = (BitOperations.RotateLeft(hash, 23) ^ MemoryMarshal.Read<ulong>(bytes[i..])) * 0x9E3779B97F4A7C15;
        }

        return (BitOperations.RotateLeft(hash, 23) ^ MemoryMarshal.Read<ulong>(bytes[^8..])) * 0x9E3779B97F4A7C15;
    }

    private struct Entry
    {
        public ulong Head;
        public int Id;
        public int Length;
    }
}
