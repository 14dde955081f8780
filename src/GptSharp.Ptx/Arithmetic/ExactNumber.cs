using System.Numerics;

namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// A finite number on its way to being rounded: ±significand · 2^(exponent − 63), the significand's top bit set, or zero.
/// <para>
/// A result with more bits than 64 keeps the upper 63, and its lowest bit says whether anything non-zero follows ("sticky"): with
/// at least two bits more than the format it goes to, every rounding mode decides as it would on the exact value.
/// </para>
/// </summary>
internal readonly struct ExactNumber
{
    private ExactNumber(bool negative, ulong significand, int exponent)
    {
        Negative = negative;
        Significand = significand;
        Exponent = exponent;
    }

    /// <summary>The sign; zero has one too.</summary>
    public bool Negative { get; }

    /// <summary>Zero, or normalised to its top bit.</summary>
    public ulong Significand { get; }

    /// <summary>The number lies in [2^exponent, 2^(exponent + 1)).</summary>
    public int Exponent { get; }

    /// <summary>±0.</summary>
    public static ExactNumber Zero(bool negative) => new(negative, 0, 0);

    /// <summary>±magnitude · 2^scale.</summary>
    public static ExactNumber FromInteger(bool negative, UInt128 magnitude, int scale = 0, bool sticky = false)
    {
        if (magnitude == 0)
        {
            return Zero(negative);
        }

        int top = 127 - (int)UInt128.LeadingZeroCount(magnitude);
        UInt128 aligned = magnitude << (127 - top);
        ulong significand = (ulong)(aligned >> 64);
        if (sticky || (ulong)aligned != 0)
        {
            significand |= 1;
        }

        return new ExactNumber(negative, significand, top + scale);
    }

    /// <summary>The value of finite bits in a format.</summary>
    public static ExactNumber FromBits(ulong bits, FloatFormat format)
    {
        bool negative = (bits & format.SignBit) != 0;
        ulong fraction = bits & ((1ul << format.FractionBits) - 1);
        int stored = (int)((bits & format.Infinity) >> format.FractionBits);
        if (stored != 0)
        {
            return new ExactNumber(negative, ((1ul << format.FractionBits) | fraction) << (63 - format.FractionBits), stored - format.Bias);
        }

        if (fraction == 0)
        {
            return Zero(negative);
        }

        int shift = BitOperations.LeadingZeroCount(fraction);
        return new ExactNumber(negative, fraction << shift, format.MinimumExponent + 63 - shift - format.FractionBits);
    }

    /// <summary>The value of a finite double.</summary>
    public static ExactNumber FromDouble(double value) => FromBits(BitConverter.DoubleToUInt64Bits(value), FloatFormat.F64);

    /// <summary>The number times 2^<paramref name="exponent"/>.</summary>
    public ExactNumber Scale(int exponent) => new(Negative, Significand, Exponent + exponent);

    /// <summary>The bits of the number rounded into a format; past its largest number, infinity or that number as the mode demands.</summary>
    public ulong Round(FloatFormat format, RoundingMode mode)
    {
        ulong sign = Negative ? format.SignBit : 0;
        if (Significand == 0)
        {
            return sign;
        }

        // Bits dropped below the format's last one; all 64 and more when the number is far below the smallest subnormal.
        int lift = Math.Max(0, format.MinimumExponent - Exponent);
        int drop = 63 - format.FractionBits + lift;
        ulong kept = drop < 64 ? Significand >> drop : 0;
        ulong rest = drop < 64 ? Significand << (64 - drop) : drop == 64 ? Significand : 1;
        const ulong Half = 1ul << 63;
        bool increment = mode switch
        {
            RoundingMode.NearestEven => rest > Half || (rest == Half && (kept & 1) != 0),
            RoundingMode.NearestAway => rest >= Half,
            RoundingMode.Up => rest != 0 && !Negative,
            RoundingMode.Down => rest != 0 && Negative,
            _ => false,
        };
        if (increment)
        {
            kept++;
        }

        // The hidden bit of a normal number adds one to the exponent, as a carry out of the fraction does.
        ulong bits = lift > 0 ? kept : kept + ((ulong)(Exponent - format.MinimumExponent) << format.FractionBits);
        if (Exponent > format.Bias || bits >= format.Infinity)
        {
            bool toInfinity = mode switch
            {
                RoundingMode.TowardZero => false,
                RoundingMode.Up => !Negative,
                RoundingMode.Down => Negative,
                _ => true,
            };
            bits = toInfinity ? format.Infinity : format.Infinity - 1;
        }

        return sign | bits;
    }

    /// <summary>a + b, sticky in its last bit. An exact zero of two opposite numbers is positive, or negative when rounding down.</summary>
    public static ExactNumber Add(ExactNumber a, ExactNumber b, RoundingMode mode)
    {
        return Add(a.Negative, (UInt128)a.Significand << 62, a.Exponent, b.Negative, (UInt128)b.Significand << 62, b.Exponent, mode);
    }

    /// <summary>a · b + c, sticky in its last bit, with the zero rule of <see cref="Add(ExactNumber, ExactNumber, RoundingMode)"/>.</summary>
    public static ExactNumber MultiplyAdd(ExactNumber a, ExactNumber b, ExactNumber c, RoundingMode mode)
    {
        // Significands of at most 53 bits lie in the upper ends of 64: their product in the upper 106 of 128. It has its top bit at
        // 127 or 126; one place is given up for a carry, and no bit is lost, since the lowest 22 are zero.
        bool negative = a.Negative ^ b.Negative;
        UInt128 product = (UInt128)a.Significand * b.Significand;
        int exponent = a.Exponent + b.Exponent;
        if (product >> 127 == 0)
        {
            return Add(negative, product, exponent, c.Negative, (UInt128)c.Significand << 63, c.Exponent, mode, top: 126);
        }

        return Add(negative, product >> 1, exponent + 1, c.Negative, (UInt128)c.Significand << 63, c.Exponent, mode, top: 126);
    }

    /// <summary>a · b, sticky in its last bit.</summary>
    public static ExactNumber Multiply(ExactNumber a, ExactNumber b)
    {
        return FromInteger(a.Negative ^ b.Negative, (UInt128)a.Significand * b.Significand, a.Exponent + b.Exponent - 126);
    }

    /// <summary>a / b, sticky in its last bit; b is not zero.</summary>
    public static ExactNumber Divide(ExactNumber a, ExactNumber b)
    {
        UInt128 numerator = (UInt128)a.Significand << 63;
        UInt128 quotient = numerator / b.Significand;
        bool sticky = quotient * b.Significand != numerator;
        return FromInteger(a.Negative ^ b.Negative, quotient, a.Exponent - b.Exponent - 63, sticky);
    }

    /// <summary>√a, sticky in its last bit; a is not negative.</summary>
    public static ExactNumber SquareRoot(ExactNumber a)
    {
        if (a.Significand == 0)
        {
            return a;
        }

        // An even exponent can be halved: √(m · 2^(2k)), m in [1, 4), with 126 fraction bits, gives a root with 63.
        bool odd = (a.Exponent & 1) != 0;
        UInt128 radicand = (UInt128)a.Significand << (odd ? 64 : 63);
        ulong root = 0;
        for (int bit = 63; bit >= 0; bit--)
        {
            ulong trial = root | (1ul << bit);
            if ((UInt128)trial * trial <= radicand)
            {
                root = trial;
            }
        }

        int half = (a.Exponent - (odd ? 1 : 0)) / 2;
        return FromInteger(false, root, half - 63, (UInt128)root * root != radicand);
    }

    private static ExactNumber Add(
        bool aNegative, UInt128 a, int aExponent, bool bNegative, UInt128 b, int bExponent, RoundingMode mode, int top = 125)
    {
        if (a == 0 && b == 0)
        {
            return Zero(aNegative == bNegative ? aNegative : mode == RoundingMode.Down);
        }

        // Bring the smaller one to the exponent of the larger. What falls off leaves a trace in the last bit, which is far below
        // the format's: were there cancellation of more than one place, the exponents would be so near that nothing falls off.
        int exponent = a == 0 ? bExponent : b == 0 ? aExponent : Math.Max(aExponent, bExponent);
        a = ShiftRightSticky(a, exponent - aExponent);
        b = ShiftRightSticky(b, exponent - bExponent);
        if (aNegative == bNegative)
        {
            return FromInteger(aNegative, a + b, exponent - top);
        }

        if (a == b)
        {
            return Zero(mode == RoundingMode.Down);
        }

        return a > b ? FromInteger(aNegative, a - b, exponent - top) : FromInteger(bNegative, b - a, exponent - top);
    }

    private static UInt128 ShiftRightSticky(UInt128 value, int shift)
    {
        if (shift <= 0 || value == 0)
        {
            return value;
        }

        if (shift > 127)
        {
            return 1;
        }

        UInt128 shifted = value >> shift;
        return shifted << shift == value ? shifted : shifted | 1;
    }
}
