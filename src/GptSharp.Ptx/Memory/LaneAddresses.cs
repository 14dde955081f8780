using System.Runtime.Intrinsics;

namespace GptSharp.Ptx.Memory;

/// <summary>The 32 addresses of a warp's memory instruction, and what shape they have together.</summary>
internal static unsafe class LaneAddresses
{
    private const int Lanes = 32;
    private static readonly Vector256<ulong> Steps = Vector256.Create(0UL, 1, 2, 3);

    /// <summary>Computes the addresses of all lanes, the inactive ones included.</summary>
    /// <param name="registers">The warp's register file.</param>
    /// <param name="register">Byte offset of the address register, or -1 when <paramref name="offset"/> is the whole address.</param>
    /// <param name="isWide">Whether the register has 64 bits; one of 32 bits wraps around.</param>
    /// <param name="offset">What to add.</param>
    /// <param name="addresses">Receives 32 addresses.</param>
    public static void Compute(byte* registers, int register, bool isWide, long offset, ulong* addresses)
    {
        if (register < 0)
        {
            new Span<ulong>(addresses, Lanes).Fill((ulong)offset);
        }
        else if (isWide)
        {
            Vector256<ulong> add = Vector256.Create((ulong)offset);
            var source = (ulong*)(registers + register);
            for (int lane = 0; lane < Lanes; lane += 4)
            {
                (Vector256.Load(source + lane) + add).Store(addresses + lane);
            }
        }
        else
        {
            Vector256<uint> add = Vector256.Create((uint)offset);
            var source = (uint*)(registers + register);
            for (int lane = 0; lane < Lanes; lane += 8)
            {
                (Vector256<ulong> low, Vector256<ulong> high) = Vector256.Widen(Vector256.Load(source + lane) + add);
                low.Store(addresses + lane);
                high.Store(addresses + lane + 4);
            }
        }
    }

    /// <summary>Whether lane i's address is lane 0's plus i times a number of bytes.</summary>
    public static bool AreContiguous(ulong* addresses, int laneBytes)
    {
        Vector256<ulong> expected = Vector256.Create(addresses[0]) + (Steps * (ulong)laneBytes);
        Vector256<ulong> step = Vector256.Create((ulong)laneBytes * 4);
        Vector256<ulong> differences = Vector256<ulong>.Zero;
        for (int lane = 0; lane < Lanes; lane += 4)
        {
            differences |= Vector256.Load(addresses + lane) ^ expected;
            expected += step;
        }

        return differences == Vector256<ulong>.Zero;
    }

    /// <summary>Whether all active lanes have the same address.</summary>
    public static bool AreEqual(ulong* addresses, uint mask)
    {
        ulong first = addresses[int.TrailingZeroCount((int)mask)];
        if (mask == uint.MaxValue)
        {
            Vector256<ulong> expected = Vector256.Create(first);
            Vector256<ulong> differences = Vector256<ulong>.Zero;
            for (int lane = 0; lane < Lanes; lane += 4)
            {
                differences |= Vector256.Load(addresses + lane) ^ expected;
            }

            return differences == Vector256<ulong>.Zero;
        }

        for (uint rest = mask & (mask - 1); rest != 0; rest &= rest - 1)
        {
            if (addresses[int.TrailingZeroCount((int)rest)] != first)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Number of lanes from one on that are active and whose bytes follow each other.</summary>
    public static int RunLength(ulong* addresses, uint mask, int lane, int laneBytes)
    {
        int end = lane + 1;
        while (end < Lanes && (mask >> end & 1) != 0 && addresses[end] == addresses[end - 1] + (ulong)laneBytes)
        {
            end++;
        }

        return end - lane;
    }
}
