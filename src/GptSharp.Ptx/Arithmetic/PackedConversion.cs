namespace GptSharp.Ptx.Arithmetic;

/// <summary><c>cvt.pack.sat</c>: two signed integers clamped to a narrow type, a above b, and for types below 16 bits c above both.</summary>
internal static unsafe class PackedConversion
{
    private const int SignedBit = 0x100;

    /// <summary>The computation of a form, <c>pack</c> already taken, or null.</summary>
    public static LaneOperation? Bind(Form form)
    {
        bool three = form.Take("b32");
        if (!form.Take("sat") || !form.Take("s32"))
        {
            return null;
        }

        (int bits, bool signed) = form.TakeAny("u16", "s16", "u8", "s8", "u4", "s4", "u2", "s2") switch
        {
            { } name => (int.Parse(name[1..], System.Globalization.CultureInfo.InvariantCulture), name[0] == 's'),
            null => (0, false),
        };
        return bits == 0 || three != (bits < 16)
            ? null
            : new()
            {
                Function = &Invoke,
                Control = bits | (signed ? SignedBit : 0),
                Destination = NumberType.B32,
                A = NumberType.S32,
                B = NumberType.S32,
                C = three ? NumberType.B32 : NumberType.None,
            };
    }

    private static void Invoke(void* d, void* a, void* b, void* c, void* e, int control)
    {
        int bits = control & 0xff;
        bool signed = (control & SignedBit) != 0;
        int least = signed ? -(1 << (bits - 1)) : 0;
        int greatest = (1 << (signed ? bits - 1 : bits)) - 1;
        uint mask = (1u << bits) - 1;
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint high = (uint)Math.Clamp(((int*)a)[lane], least, greatest) & mask;
            uint low = (uint)Math.Clamp(((int*)b)[lane], least, greatest) & mask;
            uint above = bits < 16 ? ((uint*)c)[lane] << (2 * bits) : 0;
            ((uint*)d)[lane] = above | (high << bits) | low;
        }
    }
}
