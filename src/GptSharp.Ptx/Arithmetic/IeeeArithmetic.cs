namespace GptSharp.Ptx.Arithmetic;

/// <summary>
/// IEEE 754 arithmetic on bit patterns of any <see cref="FloatFormat"/> in any rounding mode, one exact operation and one rounding:
/// what the machine's own arithmetic does not offer. NaN results are the format's own.
/// </summary>
internal static class IeeeArithmetic
{
    /// <summary>a + b.</summary>
    public static ulong Add(ulong a, ulong b, FloatFormat format, RoundingMode mode)
    {
        if (IsNaN(a, format) || IsNaN(b, format))
        {
            return format.QuietNaN;
        }

        if (IsInfinite(a, format))
        {
            return IsInfinite(b, format) && a != b ? format.QuietNaN : a;
        }

        return IsInfinite(b, format)
            ? b
            : ExactNumber.Add(ExactNumber.FromBits(a, format), ExactNumber.FromBits(b, format), mode).Round(format, mode);
    }

    /// <summary>a · b.</summary>
    public static ulong Multiply(ulong a, ulong b, FloatFormat format, RoundingMode mode)
    {
        if (IsNaN(a, format) || IsNaN(b, format))
        {
            return format.QuietNaN;
        }

        ulong sign = (a ^ b) & format.SignBit;
        if (IsInfinite(a, format) || IsInfinite(b, format))
        {
            return IsZero(a, format) || IsZero(b, format) ? format.QuietNaN : sign | format.Infinity;
        }

        return ExactNumber.Multiply(ExactNumber.FromBits(a, format), ExactNumber.FromBits(b, format)).Round(format, mode);
    }

    /// <summary>a · b + c with one rounding.</summary>
    public static ulong MultiplyAdd(ulong a, ulong b, ulong c, FloatFormat format, RoundingMode mode)
    {
        if (IsNaN(a, format) || IsNaN(b, format) || IsNaN(c, format))
        {
            return format.QuietNaN;
        }

        if (IsInfinite(a, format) || IsInfinite(b, format))
        {
            ulong product = Multiply(a, b, format, mode);
            return Add(product, c, format, mode);
        }

        if (IsInfinite(c, format))
        {
            return c;
        }

        return ExactNumber.MultiplyAdd(
            ExactNumber.FromBits(a, format), ExactNumber.FromBits(b, format), ExactNumber.FromBits(c, format), mode).Round(format, mode);
    }

    /// <summary>a / b.</summary>
    public static ulong Divide(ulong a, ulong b, FloatFormat format, RoundingMode mode)
    {
        if (IsNaN(a, format) || IsNaN(b, format))
        {
            return format.QuietNaN;
        }

        ulong sign = (a ^ b) & format.SignBit;
        if (IsInfinite(a, format))
        {
            return IsInfinite(b, format) ? format.QuietNaN : sign | format.Infinity;
        }

        if (IsInfinite(b, format))
        {
            return sign;
        }

        if (IsZero(b, format))
        {
            return IsZero(a, format) ? format.QuietNaN : sign | format.Infinity;
        }

        return ExactNumber.Divide(ExactNumber.FromBits(a, format), ExactNumber.FromBits(b, format)).Round(format, mode);
    }

    /// <summary>√a.</summary>
    public static ulong SquareRoot(ulong a, FloatFormat format, RoundingMode mode)
    {
        if (IsNaN(a, format) || ((a & format.SignBit) != 0 && !IsZero(a, format)))
        {
            return format.QuietNaN;
        }

        return IsInfinite(a, format) ? a : ExactNumber.SquareRoot(ExactNumber.FromBits(a, format)).Round(format, mode);
    }

    /// <summary>True for NaN of either sign.</summary>
    public static bool IsNaN(ulong bits, FloatFormat format) => (bits & (format.SignBit - 1)) > format.Infinity;

    /// <summary>True for either infinity.</summary>
    public static bool IsInfinite(ulong bits, FloatFormat format) => (bits & (format.SignBit - 1)) == format.Infinity;

    /// <summary>True for either zero.</summary>
    public static bool IsZero(ulong bits, FloatFormat format) => (bits & (format.SignBit - 1)) == 0;
}
