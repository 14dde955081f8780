namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// The 8-bit floats e4m3 (3 fraction bits, no infinity, NaN 0x7f, largest 448) and e5m2 (2 fraction bits, largest finite 57344), in
/// pairs: the first operand in the high byte. Conversions to them always end at the largest number.
/// </summary>
internal static unsafe class Float8
{
    private const int E4M3 = 1;
    private const int Rectify = 2;
    private const uint NotANumber = 0x7f;

    // e4m3 with five more exponent bits below: scaled by 2⁻¹²⁰, its subnormals begin where this format's do.
    private const int E4M3Scale = -120;
    private static readonly FloatFormat E4M3Scaled = new(3, 8, NotANumber);
    private static readonly FloatFormat E5M2 = new(2, 5, NotANumber);

    /// <summary>The computation of a <c>cvt</c> whose rounding was taken, or null.</summary>
    public static LaneOperation? Bind(Conversion conversion)
    {
        if (conversion.Mode != RoundingMode.NearestEven || conversion.Flush || conversion.Saturate)
        {
            return null;
        }

        NumberType narrow = IsPair(conversion.Destination) ? conversion.Destination : conversion.Source;
        int control = (narrow == NumberType.E4M3x2 ? E4M3 : 0) | (conversion.Rectify ? Rectify : 0);
        LaneOperation operation = new() { Function = null, Control = control, Destination = conversion.Destination, A = conversion.Source };
        return (conversion.Destination, conversion.Source, conversion.Finite) switch
        {
            (NumberType.E4M3x2 or NumberType.E5M2x2, NumberType.F32, true) => operation with { Function = &FromSingles, B = NumberType.F32 },
            (NumberType.E4M3x2 or NumberType.E5M2x2, NumberType.F16x2, true) => operation with { Function = &FromHalves },
            (NumberType.F16x2, NumberType.E4M3x2 or NumberType.E5M2x2, false) => operation with { Function = &ToHalves },
            _ => null,
        };
    }

    /// <summary>True for the types here.</summary>
    public static bool IsPair(NumberType type) => type is NumberType.E4M3x2 or NumberType.E5M2x2;

    private static void FromSingles(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint high = Narrow(((uint*)a)[lane], FloatFormat.F32, control);
            ((uint*)d)[lane] = (high << 8) | Narrow(((uint*)b)[lane], FloatFormat.F32, control);
        }
    }

    private static void FromHalves(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint pair = ((uint*)a)[lane];
            ((uint*)d)[lane] = (Narrow(pair >> 16, FloatFormat.F16, control) << 8) | Narrow(pair & 0xffff, FloatFormat.F16, control);
        }
    }

    private static void ToHalves(void* d, void* a, void* b, void* c, void* e, int control)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
        {
            uint pair = ((uint*)a)[lane];
            ((uint*)d)[lane] = (Widen(pair >> 8 & 0xff, control) << 16) | Widen(pair & 0xff, control);
        }
    }

    private static uint Narrow(uint bits, FloatFormat source, int control)
    {
        if (IeeeArithmetic.IsNaN(bits, source))
        {
            return NotANumber;
        }

        bool negative = (bits & source.SignBit) != 0;
        if (negative && (control & Rectify) != 0)
        {
            return 0;
        }

        bool small = (control & E4M3) != 0;
        uint largest = small ? 0x7eu : 0x7b;
        uint magnitude = largest;
        if (!IeeeArithmetic.IsInfinite(bits, source))
        {
            ExactNumber number = ExactNumber.FromBits(bits & (source.SignBit - 1), source);
            magnitude = small
                ? (uint)number.Scale(E4M3Scale).Round(E4M3Scaled, RoundingMode.NearestEven)
                : (uint)number.Round(E5M2, RoundingMode.NearestEven);
        }

        return Math.Min(magnitude, largest) | (negative ? 0x80u : 0);
    }

    private static uint Widen(uint bits, int control)
    {
        bool small = (control & E4M3) != 0;
        uint magnitude = bits & 0x7f;
        if (small ? magnitude == NotANumber : magnitude > E5M2.Infinity)
        {
            return (uint)FloatFormat.F16.QuietNaN;
        }

        if ((bits & 0x80) != 0 && (control & Rectify) != 0)
        {
            return 0;
        }

        // e5m2 is the upper byte of a binary16.
        return small
            ? (uint)ExactNumber.FromBits(magnitude, E4M3Scaled).Scale(-E4M3Scale).Round(FloatFormat.F16, RoundingMode.NearestEven) | ((bits & 0x80) << 8)
            : bits << 8;
    }
}
