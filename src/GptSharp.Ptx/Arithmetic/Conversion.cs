namespace GptSharp.Ptx.Arithmetic;

/// <summary>What one <c>cvt</c> does.</summary>
/// <param name="Destination">Type of the result.</param>
/// <param name="Source">Type of the operand.</param>
/// <param name="Mode">The rounding.</param>
/// <param name="Integral">The result is rounded to an integer, though its type is a floating-point one.</param>
/// <param name="Flush"><c>.ftz</c>: single-precision operands and results that are subnormal become zero.</param>
/// <param name="Saturate"><c>.sat</c>: into [0, 1], or into the integer's range.</param>
/// <param name="Rectify"><c>.relu</c>: negative numbers become zero.</param>
/// <param name="Finite"><c>.satfinite</c>: the largest number instead of infinity.</param>
internal readonly record struct Conversion(
    NumberType Destination, NumberType Source, RoundingMode Mode, bool Integral, bool Flush, bool Saturate, bool Rectify, bool Finite)
{
    /// <summary>The conversion as the control argument of a lane function.</summary>
    public int Pack() =>
        (int)Destination | ((int)Source << 6) | ((int)Mode << 12)
        | (Integral ? 1 << 16 : 0) | (Flush ? 1 << 17 : 0) | (Saturate ? 1 << 18 : 0) | (Rectify ? 1 << 19 : 0) | (Finite ? 1 << 20 : 0);

    /// <summary>The inverse of <see cref="Pack"/>.</summary>
    public static Conversion Unpack(int control) => new(
        (NumberType)(control & 63), (NumberType)(control >> 6 & 63), (RoundingMode)(control >> 12 & 15),
        (control >> 16 & 1) != 0, (control >> 17 & 1) != 0, (control >> 18 & 1) != 0, (control >> 19 & 1) != 0, (control >> 20 & 1) != 0);

    /// <summary>The result's bits, extended to a slot as the type's sign demands.</summary>
    public ulong Convert(ulong bits)
    {
        if (Source.IsFloat())
        {
            if (Flush && Source == NumberType.F32 && (bits & 0x7f80_0000) == 0)
            {
                bits &= 0x8000_0000;
            }

            FloatFormat format = FloatFormat.Of(Source);
            bits &= (format.SignBit << 1) - 1;
            return Destination.IsFloat() ? FloatToFloat(bits, format) : FloatToInteger(ToDouble(bits, format));
        }

        bool negative = Source.IsSigned() && (long)(bits << (64 - Source.Bits())) < 0;
        ulong value = Source.IsSigned()
            ? (ulong)((long)(bits << (64 - Source.Bits())) >> (64 - Source.Bits()))
            : bits << (64 - Source.Bits()) >> (64 - Source.Bits());
        if (Destination.IsFloat())
        {
            FloatFormat format = FloatFormat.Of(Destination);
            return Leave(ExactNumber.FromInteger(negative, negative ? 0 - value : value).Round(format, Mode), format);
        }

        return Extend(Saturate ? Clamp(negative ? (long)value : (Int128)value) : value);
    }

    private static double ToDouble(ulong bits, FloatFormat format)
    {
        if (format == FloatFormat.F64)
        {
            return BitConverter.UInt64BitsToDouble(bits);
        }

        if (format == FloatFormat.F16)
        {
            return (double)BitConverter.UInt16BitsToHalf((ushort)bits);
        }

        return BitConverter.UInt32BitsToSingle((uint)(format == FloatFormat.BF16 ? bits << 16 : bits));
    }

    private ulong FloatToInteger(double value)
    {
        if (double.IsNaN(value))
        {
            return Source == NumberType.F64 || Destination.Bits() == 64 ? Extend(1ul << (Destination.Bits() - 1)) : 0;
        }

        double whole = Whole(value);
        if (whole >= 18446744073709551616.0)
        {
            return Extend(Clamp(UInt128.MaxValue >> 1));
        }

        return Extend(Clamp(whole < -9223372036854775808.0 ? long.MinValue : whole < 0 ? (Int128)(long)whole : (Int128)(ulong)whole));
    }

    private double Whole(double value) => Mode switch
    {
        RoundingMode.NearestEven => Math.Round(value, MidpointRounding.ToEven),
        RoundingMode.TowardZero => Math.Truncate(value),
        RoundingMode.Down => Math.Floor(value),
        _ => Math.Ceiling(value),
    };

    private ulong Clamp(UInt128 value) => Clamp((Int128)value);

    private ulong Clamp(Int128 value)
    {
        int bits = Destination.Bits();
        Int128 least = Destination.IsSigned() ? -(Int128.One << (bits - 1)) : 0;
        Int128 greatest = (Int128.One << (Destination.IsSigned() ? bits - 1 : bits)) - 1;
        return (ulong)(long)(ulong)(Int128.Clamp(value, least, greatest) & ulong.MaxValue);
    }

    private ulong Extend(ulong value)
    {
        int unused = 64 - Destination.Bits();
        return Destination.IsSigned() ? (ulong)((long)(value << unused) >> unused) : value << unused >> unused;
    }

    private ulong FloatToFloat(ulong bits, FloatFormat source)
    {
        FloatFormat format = FloatFormat.Of(Destination);
        ulong sign = (bits & source.SignBit) != 0 ? format.SignBit : 0;
        if (IeeeArithmetic.IsNaN(bits, source))
        {
            return Saturate ? 0 : NotANumber(bits, source, format);
        }

        if (IeeeArithmetic.IsInfinite(bits, source))
        {
            return Leave(sign | (Finite ? format.Infinity - 1 : format.Infinity), format);
        }

        if (Integral)
        {
            // An integer of the same type, or a wider one, is exact; zero keeps the operand's sign.
            double whole = Math.CopySign(Whole(ToDouble(bits, source)), sign != 0 ? -1.0 : 1.0);
            return Leave(ExactNumber.FromDouble(whole).Round(format, Mode), format);
        }

        ulong result = ExactNumber.FromBits(bits, source).Round(format, Mode);
        if (Finite && IeeeArithmetic.IsInfinite(result, format))
        {
            result = sign | (format.Infinity - 1);
        }

        return Leave(result, format);
    }

    // Double precision keeps a NaN's payload; the narrower types have one NaN.
    private static ulong NotANumber(ulong bits, FloatFormat source, FloatFormat format)
    {
        if (format != FloatFormat.F64)
        {
            return format == FloatFormat.TF32 ? SingleRules.QuietNaN : format.QuietNaN;
        }

        return BitConverter.DoubleToUInt64Bits(ToDouble(bits, source)) | 0x0008_0000_0000_0000;
    }

    private ulong Leave(ulong result, FloatFormat format)
    {
        bool negative = (result & format.SignBit) != 0;
        if (negative && (Rectify || Saturate))
        {
            result = 0;
        }

        ulong one = (ulong)format.Bias << format.FractionBits;
        if (Saturate && result > one)
        {
            result = one;
        }

        if (Flush && format == FloatFormat.F32 && (result & 0x7f80_0000) == 0)
        {
            result &= 0x8000_0000;
        }

        return format == FloatFormat.TF32 ? result << 13 : result;
    }
}
