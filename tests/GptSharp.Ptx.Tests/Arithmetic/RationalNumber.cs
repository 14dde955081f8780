using System.Numerics;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>An exact fraction, and its rounding into a binary format by the definition: the oracle of all rounding tests.</summary>
internal readonly record struct RationalNumber(BigInteger Numerator, BigInteger Denominator)
{
    public static RationalNumber Scaled(BigInteger significand, int exponent) => exponent >= 0
        ? new(significand << exponent, BigInteger.One)
        : new(significand, BigInteger.One << -exponent);

    public static RationalNumber operator +(RationalNumber a, RationalNumber b) =>
        new((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator);

    public static RationalNumber operator *(RationalNumber a, RationalNumber b) => new(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

    public static RationalNumber operator /(RationalNumber a, RationalNumber b) => new RationalNumber(a.Numerator * b.Denominator, a.Denominator * b.Numerator).Normal();

    /// <summary>The value of finite bits.</summary>
    public static RationalNumber FromBits(ulong bits, int fractionBits, int exponentBits)
    {
        ulong fraction = bits & ((1ul << fractionBits) - 1);
        int stored = (int)(bits >> fractionBits) & ((1 << exponentBits) - 1);
        int bias = (1 << (exponentBits - 1)) - 1;
        bool negative = (bits >> (fractionBits + exponentBits) & 1) != 0;
        BigInteger significand = stored == 0 ? fraction : fraction + (1ul << fractionBits);
        return Scaled(negative ? -significand : significand, Math.Max(stored, 1) - bias - fractionBits);
    }

    /// <summary>The bits that the number rounds to; <paramref name="zeroSign"/> is the sign of an exact zero.</summary>
    /// <param name="mode">n nearest even, a nearest away, z, m, p.</param>
    public ulong Round(int fractionBits, int exponentBits, char mode, bool zeroSign)
    {
        ulong signBit = 1ul << (fractionBits + exponentBits);
        ulong infinity = ((1ul << exponentBits) - 1) << fractionBits;
        if (Numerator.IsZero)
        {
            return zeroSign ? signBit : 0;
        }

        bool negative = Numerator.Sign < 0;
        BigInteger numerator = BigInteger.Abs(Numerator);
        int bias = (1 << (exponentBits - 1)) - 1;

        // 2^exponent <= |value| < 2^(exponent + 1), and the format's quantum there.
        int exponent = (int)(numerator.GetBitLength() - Denominator.GetBitLength());
        if (Compare(numerator, Denominator, exponent) < 0)
        {
            exponent--;
        }

        int quantum = Math.Max(exponent, 1 - bias) - fractionBits;
        BigInteger scaledNumerator = quantum < 0 ? numerator << -quantum : numerator;
        BigInteger scaledDenominator = quantum > 0 ? Denominator << quantum : Denominator;
        BigInteger whole = BigInteger.DivRem(scaledNumerator, scaledDenominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(scaledDenominator);
        bool up = mode switch
        {
            'n' => half > 0 || (half == 0 && !whole.IsEven),
            'a' => half >= 0,
            'p' => !rest.IsZero && !negative,
            'm' => !rest.IsZero && negative,
            _ => false,
        };
        whole += up ? 1 : 0;
        BigInteger limit = BigInteger.One << (fractionBits + 1);
        if (whole == limit)
        {
            whole >>= 1;
            quantum++;
        }

        ulong sign = negative ? signBit : 0;
        if (quantum + fractionBits > bias)
        {
            bool toInfinity = mode is 'n' or 'a' || (mode == 'p' && !negative) || (mode == 'm' && negative);
            return sign | (toInfinity ? infinity : infinity - 1);
        }

        ulong bits = (ulong)whole;
        return whole < limit >> 1 ? sign | bits : sign | (bits - (1ul << fractionBits)) | ((ulong)(quantum + fractionBits + bias) << fractionBits);
    }

    // numerator / denominator against 2^exponent.
    private static int Compare(BigInteger numerator, BigInteger denominator, int exponent) => exponent >= 0
        ? numerator.CompareTo(denominator << exponent)
        : (numerator << -exponent).CompareTo(denominator);

    private RationalNumber Normal() => Denominator.Sign < 0 ? new(-Numerator, -Denominator) : this;
}
