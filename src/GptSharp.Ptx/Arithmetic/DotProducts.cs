namespace GptSharp.Ptx.Arithmetic;

/// <summary><c>dp4a</c> and <c>dp2a</c>: sums of products of packed bytes and half-words, plus c, wrapping in 32 bits.</summary>
internal static unsafe class DotProducts
{
    /// <summary>In the control argument: a's parts are signed.</summary>
    public const int SignedA = 1;

    /// <summary>In the control argument: b's parts are signed.</summary>
    public const int SignedB = 2;

    /// <summary>In the control argument of <see cref="TwoWay"/>: take the upper two bytes of b.</summary>
    public const int High = 4;

    /// <summary>Four bytes of a times four bytes of b.</summary>
    public static void FourWay(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint x = ((uint*)a)[lane];
            uint y = ((uint*)b)[lane];
            int sum = ((int*)c)[lane];
            for (int part = 0; part < 4; part++)
            {
                sum += Byte(x, part, (control & SignedA) != 0) * Byte(y, part, (control & SignedB) != 0);
            }

            ((int*)d)[lane] = sum;
        }
    }

    /// <summary>Two half-words of a times two bytes of b.</summary>
    public static void TwoWay(void* d, void* a, void* b, void* c, void* e, int control)
    {
        int first = (control & High) != 0 ? 2 : 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint x = ((uint*)a)[lane];
            uint y = ((uint*)b)[lane];
            int sum = ((int*)c)[lane];
            for (int part = 0; part < 2; part++)
            {
                uint half = x >> (16 * part);
                int left = (control & SignedA) != 0 ? (short)half : (ushort)half;
                sum += left * Byte(y, first + part, (control & SignedB) != 0);
            }

            ((int*)d)[lane] = sum;
        }
    }

    private static int Byte(uint word, int part, bool signed)
    {
        uint bits = word >> (8 * part);
        return signed ? (sbyte)bits : (byte)bits;
    }
}
