using System.Numerics;
using System.Runtime.CompilerServices;
using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Counters;

/// <summary>How one instruction used memory, over all its executions.</summary>
public record struct InstructionAccesses
{
    /// <summary>Warp instructions that used global memory.</summary>
    public long GlobalRequests { get; set; }

    /// <summary>Bytes that their lanes asked for.</summary>
    public long GlobalBytes { get; set; }

    /// <summary>32-byte sectors that they touched.</summary>
    public long Sectors { get; set; }

    /// <summary>Warp instructions that used shared memory.</summary>
    public long SharedRequests { get; set; }

    /// <summary>Wavefronts that they took.</summary>
    public long Wavefronts { get; set; }

    /// <summary>Wavefronts that they would have taken without bank conflicts.</summary>
    public long IdealWavefronts { get; set; }

    /// <summary>Warp instructions that used local memory.</summary>
    public long LocalRequests { get; set; }

    /// <summary>Atomic operations, counted per lane.</summary>
    public long Atomics { get; set; }

    /// <summary>Adds another instruction's, or another worker's.</summary>
    /// <param name="other">What to add.</param>
    public void Add(in InstructionAccesses other)
    {
        GlobalRequests += other.GlobalRequests;
        GlobalBytes += other.GlobalBytes;
        Sectors += other.Sectors;
        SharedRequests += other.SharedRequests;
        Wavefronts += other.Wavefronts;
        IdealWavefronts += other.IdealWavefronts;
        LocalRequests += other.LocalRequests;
        Atomics += other.Atomics;
    }
}

/// <summary>Counts one worker's accesses, by instruction.</summary>
internal sealed unsafe class AccessCounter(KernelMemory kernel)
{
    private readonly InstructionAccesses[] _byInstruction = new InstructionAccesses[kernel.InstructionCount];

    /// <summary>The counts, by number of the instruction.</summary>
    public ReadOnlySpan<InstructionAccesses> ByInstruction => _byInstruction;

    /// <summary>Counts a warp instruction.</summary>
    /// <param name="op">The instruction.</param>
    /// <param name="space">The space of the addresses.</param>
    /// <param name="mask">The lanes that count.</param>
    /// <param name="addresses">32 addresses.</param>
    /// <param name="laneBytes">Bytes per lane.</param>
    public void Request(MemoryInstruction op, MemorySpace space, uint mask, ulong* addresses, int laneBytes)
    {
        if (space == MemorySpace.Generic)
        {
            foreach (MemorySpace one in (ReadOnlySpan<MemorySpace>)[MemorySpace.Global, MemorySpace.Shared, MemorySpace.Local, MemorySpace.Parameter])
            {
                uint there = 0;
                for (uint rest = mask; rest != 0; rest &= rest - 1)
                {
                    int lane = int.TrailingZeroCount((int)rest);
                    there |= AddressWindows.Classify(addresses[lane]) == one ? 1u << lane : 0;
                }

                if (there != 0)
                {
                    Request(op, one, there, addresses, laneBytes);
                }
            }

            return;
        }

        if (mask == 0)
        {
            return;
        }

        ref InstructionAccesses counts = ref _byInstruction[op.Index];
        switch (space)
        {
            case MemorySpace.Global:
                counts.GlobalRequests++;
                counts.GlobalBytes += (long)BitOperations.PopCount(mask) * laneBytes;
                counts.Sectors += AccessShape.Sectors(addresses, mask, laneBytes);
                break;
            case MemorySpace.Shared:
                (int wavefronts, int ideal) = AccessShape.Wavefronts(addresses, mask, laneBytes);
                counts.SharedRequests++;
                counts.Wavefronts += wavefronts;
                counts.IdealWavefronts += ideal;
                break;
            case MemorySpace.Local:
                counts.LocalRequests++;
                break;
        }

        if (op.Atomic != AtomicOperation.None)
        {
            counts.Atomics += BitOperations.PopCount(mask);
        }
    }

    /// <summary>Marks bytes of global memory as touched.</summary>
    public static void Touch(in Segment segment, bool isStore)
    {
        byte* touched = isStore ? segment.Region.TouchedByStores : segment.Region.TouchedByLoads;
        if (touched is not null)
        {
            Unsafe.InitBlockUnaligned(touched + segment.Offset, 1, (uint)segment.ByteCount);
        }
    }
}
