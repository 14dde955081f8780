using System.Globalization;

namespace GptSharp.Tensors;

/// <summary>
/// A brain floating-point number: the upper half of a binary32 (1 sign, 8 exponent and 7 fraction bits), so the range of a float with
/// about three decimal digits. A storage format only: it is widened to float, exactly, before any arithmetic.
/// </summary>
/// <remarks>Kalamkar et al. 2019, arXiv:1905.12322.</remarks>
public readonly struct BF16 : IEquatable<BF16>
{
    // Where the fraction bits that are cut off begin to tie, and what a NaN must keep so as not to become an infinity.
    private const uint HalfBelow = 0x7FFF;
    private const ushort QuietBit = 0x0040;

    private BF16(ushort bits) => Bits = bits;

    /// <summary>The sixteen bits.</summary>
    public ushort Bits { get; }

    /// <summary>The number with the given bits.</summary>
    public static BF16 FromBits(ushort bits) => new(bits);

    /// <summary>The nearest number, ties to even; too large a value becomes an infinity, a NaN stays one.</summary>
    public static explicit operator BF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? new BF16((ushort)((bits >> 16) | QuietBit))
            : new BF16((ushort)((bits + HalfBelow + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>The nearest number to a double, rounded once: a double that lies next to a tie is not rounded into it first.</summary>
    public static explicit operator BF16(double value)
    {
        float nearest = (float)value;
        if (nearest == value || !float.IsFinite(nearest))
        {
            return (BF16)nearest;
        }

        // Round to odd: an inexact float ends in a one, so that the second rounding sees on which side of a tie the value lies.
        uint bits = BitConverter.SingleToUInt32Bits(nearest);
        uint toZero = Math.Abs((double)nearest) > Math.Abs(value) ? bits - 1 : bits;
        return (BF16)BitConverter.UInt32BitsToSingle(toZero | 1);
    }

    /// <summary>The same number as a float.</summary>
    public static implicit operator float(BF16 value) => BitConverter.UInt32BitsToSingle((uint)value.Bits << 16);

    /// <summary>
    /// One of the two neighbours of a value, the nearer one more probably, so that the expectation is the value itself: the upper half
    /// of its bits after adding sixteen uniformly random ones below it (Gupta et al. 2015, arXiv:1502.02551).
    /// </summary>
    /// <param name="value">What is rounded; infinities and NaN stay themselves.</param>
    /// <param name="random">Random bits, of which the lower sixteen are used.</param>
    public static BF16 RoundStochastically(float value, uint random) => float.IsFinite(value)
        ? new BF16((ushort)((BitConverter.SingleToUInt32Bits(value) + (random & 0xFFFF)) >> 16))
        : (BF16)value;

    /// <summary>Equal bits, so that a NaN equals itself and the zeros differ.</summary>
    public static bool operator ==(BF16 left, BF16 right) => left.Bits == right.Bits;

    /// <summary>Different bits.</summary>
    public static bool operator !=(BF16 left, BF16 right) => left.Bits != right.Bits;

    /// <inheritdoc/>
    public bool Equals(BF16 other) => Bits == other.Bits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BF16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Bits;

    /// <inheritdoc/>
    public override string ToString() => ((float)this).ToString(CultureInfo.InvariantCulture);
}
