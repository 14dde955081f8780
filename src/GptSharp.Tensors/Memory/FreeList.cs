namespace GptSharp.Tensors.Memory;

/// <summary>A piece of one chunk of device memory.</summary>
internal readonly record struct Region(int Chunk, long Offset, long Bytes);

/// <summary>
/// Deterministic best-fit allocation over chunks of memory: the smallest gap that suffices, the lowest on a tie, neighbours merged on
/// return; the free end of a chunk is cut into only where no gap serves. So the places do not depend on how long a chunk is, and a chunk
/// as long as the same requests reached in a longer one serves them all. A chunk is opened only once those before it cannot serve a request, so a step that repeats the
/// requests of the one for which the chunks were added gets the very same regions and needs no further chunk. Pure
/// bookkeeping, the same on every device.
/// </summary>
internal sealed class FreeList
{
    /// <summary>Every region starts and ends on a cache line (and on a vector).</summary>
    public const int Alignment = 64;

    private readonly List<Region> _free = [];
    private readonly List<long> _chunkBytes = [];
    private int _openChunks;

    /// <summary>Rounds a size up to the alignment.</summary>
    public static long Round(long bytes) => Math.Max(Alignment, (bytes + Alignment - 1) / Alignment * Alignment);

    /// <summary>Adds one chunk of free memory at the end.</summary>
    public void AddChunk(long bytes) => _chunkBytes.Add(bytes);

    /// <summary>Takes a region of exactly <paramref name="bytes"/> (a rounded size), or says that none is large enough.</summary>
    public bool TryTake(long bytes, out Region region)
    {
        while (!TryTakeFromOpen(bytes, out region))
        {
            if (_openChunks == _chunkBytes.Count)
            {
                return false;
            }

            _free.Add(new Region(_openChunks, 0, _chunkBytes[_openChunks]));
            _openChunks++;
        }

        return true;
    }

    /// <summary>Gives a region back.</summary>
    public void Return(Region region)
    {
        int next = FirstAfter(region);
        if (next < _free.Count && _free[next].Chunk == region.Chunk
            && region.Offset + region.Bytes == _free[next].Offset)
        {
            region = region with { Bytes = region.Bytes + _free[next].Bytes };
            _free.RemoveAt(next);
        }

        if (next > 0 && _free[next - 1].Chunk == region.Chunk
            && _free[next - 1].Offset + _free[next - 1].Bytes == region.Offset)
        {
            _free[next - 1] = _free[next - 1] with { Bytes = _free[next - 1].Bytes + region.Bytes };
        }
        else
        {
            _free.Insert(next, region);
        }
    }

    /// <summary>Makes everything free again.</summary>
    public void Reset()
    {
        _free.Clear();
        _openChunks = 0;
    }

    /// <summary>Forgets all chunks.</summary>
    public void Clear()
    {
        Reset();
        _chunkBytes.Clear();
    }

    private bool IsEnd(Region region) => region.Offset + region.Bytes == _chunkBytes[region.Chunk];

    private bool TryTakeFromOpen(long bytes, out Region region)
    {
        int best = -1;
        for (int i = 0; i < _free.Count; i++)
        {
            if (_free[i].Bytes >= bytes
                && (best < 0 || (IsEnd(_free[i]), _free[i].Bytes).CompareTo((IsEnd(_free[best]), _free[best].Bytes)) < 0))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            region = default;
            return false;
        }

        Region found = _free[best];
        region = found with { Bytes = bytes };
        if (found.Bytes == bytes)
        {
            _free.RemoveAt(best);
        }
        else
        {
            _free[best] = new Region(found.Chunk, found.Offset + bytes, found.Bytes - bytes);
        }

        return true;
    }

    private int FirstAfter(Region region)
    {
        int index = 0;
        while (index < _free.Count && (_free[index].Chunk, _free[index].Offset).CompareTo((region.Chunk, region.Offset)) < 0)
        {
            index++;
        }

        return index;
    }
}
