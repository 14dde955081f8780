namespace GptSharp.Ptx.Memory;

/// <summary>A stretch of memory as one worker sees it: a buffer, the block's shared memory, a thread's local memory.</summary>
internal sealed unsafe class MemoryRegion
{
    /// <summary>The space it belongs to.</summary>
    public required MemorySpace Space { get; init; }

    /// <summary>What messages call it.</summary>
    public required string Name { get; init; }

    /// <summary>Address of the first byte in its space.</summary>
    public required ulong Address { get; init; }

    /// <summary>Number of bytes.</summary>
    public required nuint ByteCount { get; init; }

    /// <summary>The first byte on the host.</summary>
    public required byte* Host { get; init; }

    /// <summary>Whether kernels may only read it.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>One byte per byte: 0xff once something wrote it. Null where the shadow knows.</summary>
    public byte* Written { get; init; }

    /// <summary>Accesses of the current block; null when nobody asked or no two threads can meet.</summary>
    public RaceShadow? Shadow { get; init; }

    /// <summary>Accesses of all blocks; null except for global memory under checks.</summary>
    public LaunchShadow? Launch { get; init; }

    /// <summary>One byte per byte that a load read, for the counters; or null.</summary>
    public byte* TouchedByLoads { get; init; }

    /// <summary>One byte per byte that a store wrote, for the counters; or null.</summary>
    public byte* TouchedByStores { get; init; }

    /// <summary>For messages: <c>byte 12 of buffer arg0</c>.</summary>
    public string Describe(nuint offset) => Space switch
    {
        MemorySpace.Global => $"byte {offset} of buffer {Name}",
        _ => $"byte {offset} of {Name}",
    };
}

/// <summary>
/// Lanes of one warp instruction, in order, whose bytes follow each other without a gap, or all of which name the same bytes.
/// </summary>
/// <param name="Region">Where they point.</param>
/// <param name="Offset">First byte in the region.</param>
/// <param name="Lane">The first lane, or <see cref="AccessRecord.Several"/> when the lanes share one address.</param>
/// <param name="Lanes">Number of lanes whose bytes follow each other; 1 when they share them.</param>
/// <param name="LaneBytes">Bytes per lane.</param>
internal readonly unsafe record struct Segment(MemoryRegion Region, nuint Offset, int Lane, int Lanes, int LaneBytes)
{
    /// <summary>The first byte on the host.</summary>
    public byte* Host => Region.Host + Offset;

    /// <summary>Bytes of all lanes.</summary>
    public int ByteCount => Lanes * LaneBytes;

    /// <summary>The lane to name in a message.</summary>
    public int NamedLane => Lane == AccessRecord.Several ? 0 : Lane;
}
