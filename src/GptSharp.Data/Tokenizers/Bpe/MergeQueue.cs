using System.Buffers;

namespace GptSharp.Data.Tokenizers.Bpe;

/// <summary>Pairs that may merge, the lowest rank first and the leftmost of equals: a binary heap in a rented array.</summary>
internal ref struct MergeQueue(int capacity)
{
    private ulong[] _heap = ArrayPool<ulong>.Shared.Rent(capacity);
    private int _count;

    /// <summary>Adds a pair.</summary>
    public void Add(int rank, int place)
    {
        if (_count == _heap.Length)
        {
            ulong[] larger = ArrayPool<ulong>.Shared.Rent(_count * 2);
            _heap.CopyTo(larger, 0);
            Release();
            _heap = larger;
        }

        ulong value = ((ulong)(uint)rank << 32) | (uint)place;
        int slot = _count++;
        while (slot > 0 && _heap[(slot - 1) / 2] > value)
        {
            _heap[slot] = _heap[(slot - 1) / 2];
            slot = (slot - 1) / 2;
        }

        _heap[slot] = value;
    }

    /// <summary>Takes the first pair.</summary>
    public bool TryTake(out int rank, out int place)
    {
        if (_count == 0)
        {
            (rank, place) = (0, 0);
            return false;
        }

        ulong first = _heap[0];
        (rank, place) = ((int)(first >> 32), (int)(uint)first);
        ulong value = _heap[--_count];
        int slot = 0;
        while (true)
        {
            int child = (2 * slot) + 1;
            if (child >= _count)
            {
                break;
            }

            child += child + 1 < _count && _heap[child + 1] < _heap[child] ? 1 : 0;
            if (_heap[child] >= value)
            {
                break;
            }

            _heap[slot] = _heap[child];
            slot = child;
        }

        _heap[slot] = value;
        return true;
    }

    /// <summary>Gives the array back.</summary>
    public readonly void Release() => ArrayPool<ulong>.Shared.Return(_heap);
}
