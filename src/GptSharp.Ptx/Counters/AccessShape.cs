namespace GptSharp.Ptx.Counters;

/// <summary>What the memory system makes of the addresses of one warp instruction.</summary>
internal static unsafe class AccessShape
{
    private const int Lanes = 32;
    private const int SectorShift = 5;
    private const int BankBytes = 4;
    private const int WavefrontBytes = 128;

    /// <summary>Number of different 32-byte sectors of global memory.</summary>
    /// <param name="addresses">32 addresses.</param>
    /// <param name="mask">The lanes that count.</param>
    /// <param name="laneBytes">Bytes per lane.</param>
    public static int Sectors(ulong* addresses, uint mask, int laneBytes)
    {
        const int slots = 256;
        ulong* seen = stackalloc ulong[slots];
        new Span<ulong>(seen, slots).Fill(ulong.MaxValue);
        int count = 0;
        ulong previous = ulong.MaxValue;
        for (uint rest = mask; rest != 0; rest &= rest - 1)
        {
            ulong address = addresses[int.TrailingZeroCount((int)rest)];
            ulong last = (address + (ulong)laneBytes - 1) >> SectorShift;
            for (ulong sector = address >> SectorShift; sector <= last; sector++)
            {
                if (sector == previous)
                {
                    continue;
                }

                previous = sector;
                int slot = (int)(sector * 0x9E3779B97F4A7C15UL >> 56);
                while (seen[slot] != ulong.MaxValue && seen[slot] != sector)
                {
                    slot = (slot + 1) % slots;
                }

                if (seen[slot] == ulong.MaxValue)
                {
                    seen[slot] = sector;
                    count++;
                }
            }
        }

        return count;
    }

    /// <summary>
    /// Wavefronts of shared memory. Lanes are served in groups that together ask for at most 128 bytes (all 32 with 4 bytes each,
    /// 16 with 8, 8 with 16); a group takes one wavefront per different word that falls into the same bank.
    /// </summary>
    /// <param name="addresses">32 addresses.</param>
    /// <param name="mask">The lanes that count.</param>
    /// <param name="laneBytes">Bytes per lane.</param>
    /// <returns>The wavefronts, and how many there would be without any conflict.</returns>
    public static (int Wavefronts, int Ideal) Wavefronts(ulong* addresses, uint mask, int laneBytes)
    {
        int width = Math.Max(laneBytes, BankBytes);
        int groupLanes = Math.Clamp(WavefrontBytes / width, 1, Lanes);
        int shift = int.Log2(width);
        (int wavefronts, int ideal) = (0, 0);
        for (int first = 0; first < Lanes; first += groupLanes)
        {
            uint group = mask >> first & (groupLanes == Lanes ? uint.MaxValue : (1u << groupLanes) - 1);
            if (group != 0)
            {
                wavefronts += WorstBank(addresses + first, group, shift, groupLanes);
                ideal++;
            }
        }

        return (wavefronts, ideal);
    }

    private static int WorstBank(ulong* addresses, uint mask, int shift, int banks)
    {
        ulong* words = stackalloc ulong[Lanes * Lanes];
        int* counts = stackalloc int[Lanes];
        new Span<int>(counts, banks).Clear();
        int worst = 0;
        for (; mask != 0; mask &= mask - 1)
        {
            ulong word = addresses[int.TrailingZeroCount((int)mask)] >> shift;
            int bank = (int)(word & (ulong)(banks - 1));
            if (!new ReadOnlySpan<ulong>(words + (bank * Lanes), counts[bank]).Contains(word))
            {
                words[(bank * Lanes) + counts[bank]++] = word;
                worst = Math.Max(worst, counts[bank]);
            }
        }

        return worst;
    }
}
