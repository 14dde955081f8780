namespace GptSharp.Ptx.Tests.Differential;

/// <summary>Words whose low 16, 32 and 64 bits are often special as integers or as floats.</summary>
internal static class Inputs
{
    private static readonly ulong[] Special =
    [
        0, 1, 2, 3, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
        0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0xfffffffe, 0xfffffffffffffffe,
        0x3f800000, 0xbf800000, 0x3f000000, 0x3fc00000, 0x40200000, 0x00800000, 0x007fffff, 0x80000001, 0x7f800000, 0xff800000, 0x7fc00000,
        0x7f7fffff, 0x4b000000, 0x4b7fffff, 0x4f000000, 0x4effffff, 0xcf000000, 0x5f000000, 0x477fe000, 0x477ff000, 0x33000000,
        0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000, 0x3ff8000000000000, 0x0010000000000000, 0x000fffffffffffff,
        0x8000000000000001, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7fefffffffffffff, 0x4330000000000000,
        0x41dfffffffc00000, 0x41e0000000000000, 0xc1e0000000000000, 0x43e0000000000000, 0x47efffffe0000000, 0x47effffff0000000,
        0x36a0000000000000, 0x3690000000000001, 0x3c003c00, 0x7bff, 0xfbff, 0x0400, 0x03ff, 0x7c00, 0x7e00,
    ];

    /// <summary>Four columns of words.</summary>
    public static ulong[][] Draw(int seed, int count)
    {
        var random = new Random(seed);
        ulong[][] columns = [.. Enumerable.Range(0, 4).Select(_ => new ulong[count])];
        for (int row = 0; row < count; row++)
        {
            for (int column = 0; column < columns.Length; column++)
            {
                columns[column][row] = Word(random, column == 0 ? 0 : columns[column - 1][row]);
            }
        }

        return columns;
    }

    private static ulong Word(Random random, ulong previous)
    {
        ulong any = (ulong)random.NextInt64() ^ ((ulong)random.Next(2) << 63);
        return random.Next(10) switch
        {
            0 or 1 => Special[random.Next(Special.Length)],
            2 => Special[random.Next(Special.Length)] | ((ulong)BitConverter.SingleToUInt32Bits(random.Next(-99, 100) / 4f) << 32),
            3 => previous + (ulong)random.Next(-2, 3),
            4 => BitConverter.DoubleToUInt64Bits((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-40, 70))),
            5 or 6 => BitConverter.SingleToUInt32Bits((float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-30, 40)))) | (any << 32),
            7 => (ulong)random.Next(-300, 300),
            _ => any,
        };
    }
}
