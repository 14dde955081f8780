namespace GptSharp.Ptx.Memory;

/// <content>
/// Words of lanes that lie anywhere in one region, with nobody looking on: moved lane by lane, without a segment for each.
/// </content>
internal sealed unsafe partial class ObservedMemory<TObserver>
{
    private bool TryLoadScattered(MemoryInstruction op, byte* registers, uint mask)
    {
        if (FindCommon(op, mask) is not { } region)
        {
            return false;
        }

        for (int element = 0; element < op.Registers.Length; element++)
        {
            if (op.Registers[element] < 0)
            {
                continue;
            }

            var to = (uint*)(registers + op.Registers[element]);
            byte* from = region.Host - region.Address + (element * sizeof(uint));
            for (uint rest = mask; rest != 0; rest &= rest - 1)
            {
                int lane = int.TrailingZeroCount((int)rest);
                to[lane] = *(uint*)(from + _addresses[lane]);
            }
        }

        return true;
    }

    private bool TryStoreScattered(MemoryInstruction op, byte* registers, uint mask)
    {
        if (FindCommon(op, mask) is not { IsReadOnly: false } region)
        {
            return false;
        }

        // Lane after lane, so that of two that store to one place the later one wins.
        byte* to = region.Host - region.Address;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            int lane = int.TrailingZeroCount((int)rest);
            for (int element = 0; element < op.Registers.Length; element++)
            {
                *(uint*)(to + _addresses[lane] + (element * sizeof(uint))) = ((uint*)(registers + op.Registers[element]))[lane];
            }
        }

        return true;
    }

    // The region in which all active lanes lie, aligned; null when that is not so, or somebody looks on.
    private MemoryRegion? FindCommon(MemoryInstruction op, uint mask)
    {
        if (_observer.Checker is not null || _observer.Counter is not null
            || op.ElementBytes != sizeof(uint) || op.RegisterBytes != sizeof(uint) || op.Space is not MemorySpace.Shared and not MemorySpace.Global)
        {
            return null;
        }

        MemoryRegion? region = op.Space == MemorySpace.Shared ? _regions.Shared : _regions.Find(_addresses[int.TrailingZeroCount((int)mask)]);
        var bytes = (ulong)op.LaneBytes;
        if (region is null || region.ByteCount < bytes)
        {
            return null;
        }

        ulong last = region.ByteCount - bytes;
        bool good = true;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            ulong address = _addresses[int.TrailingZeroCount((int)rest)];
            good &= address - region.Address <= last & (address & (bytes - 1)) == 0;
        }

        return good ? region : null;
    }
}
