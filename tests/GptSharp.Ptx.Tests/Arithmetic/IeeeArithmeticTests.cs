using System.Numerics;
using GptSharp.Ptx.Arithmetic;
using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>Arithmetic in every format and rounding mode, against exact fractions.</summary>
public class IeeeArithmeticTests
{
    private const int Draws = 1500;

    private static readonly (RoundingMode Mode, char Name)[] Modes =
    [
        (RoundingMode.NearestEven, 'n'), (RoundingMode.TowardZero, 'z'), (RoundingMode.Down, 'm'), (RoundingMode.Up, 'p'), (RoundingMode.NearestAway, 'a'),
    ];

    public static TheoryData<string> Formats => ["f16", "bf16", "f32", "f64"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_sum_is_the_exact_sum_rounded_once(string name)
    {
        FormatCase format = FormatCase.Of(name);
        ForEachDraw(11, format, (a, b, _, mode, modeName) =>
        {
            ulong expected = FiniteSum(format, a, b, modeName);
            Assert.Equal(expected, IeeeArithmetic.Add(a, b, format.Library, mode));
        });
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_product_is_the_exact_product_rounded_once(string name)
    {
        FormatCase format = FormatCase.Of(name);
        ForEachDraw(12, format, (a, b, _, mode, modeName) =>
        {
            bool negative = format.IsNegative(a) != format.IsNegative(b);
            Assert.Equal(format.Round(format.Value(a) * format.Value(b), modeName, negative), IeeeArithmetic.Multiply(a, b, format.Library, mode));
        });
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_fused_multiply_add_rounds_once(string name)
    {
        FormatCase format = FormatCase.Of(name);
        ForEachDraw(13, format, (a, b, c, mode, modeName) =>
        {
            bool productNegative = format.IsNegative(a) != format.IsNegative(b);
            bool zeroSign = productNegative == format.IsNegative(c) ? productNegative : modeName == 'm';
            RationalNumber exact = (format.Value(a) * format.Value(b)) + format.Value(c);
            Assert.Equal(format.Round(exact, modeName, zeroSign), IeeeArithmetic.MultiplyAdd(a, b, c, format.Library, mode));
        });
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_quotient_is_the_exact_quotient_rounded_once(string name)
    {
        FormatCase format = FormatCase.Of(name);
        ForEachDraw(14, format, (a, b, _, mode, modeName) =>
        {
            if (format.IsZero(b))
            {
                ulong expected = format.IsZero(a) ? format.NaN : format.Infinity | ((a ^ b) & format.SignBit);
                Assert.Equal(expected, IeeeArithmetic.Divide(a, b, format.Library, mode));
                return;
            }

            bool negative = format.IsNegative(a) != format.IsNegative(b);
            Assert.Equal(format.Round(format.Value(a) / format.Value(b), modeName, negative), IeeeArithmetic.Divide(a, b, format.Library, mode));
        });
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_square_root_lies_where_its_square_says(string name)
    {
        FormatCase format = FormatCase.Of(name);
        ForEachDraw(15, format, (a, _, _, mode, modeName) =>
        {
            ulong root = IeeeArithmetic.SquareRoot(a, format.Library, mode);
            if (format.IsZero(a) || format.IsNegative(a))
            {
                Assert.Equal(format.IsZero(a) ? a : format.NaN, root);
                return;
            }

            // 2^200 times the square root, cut, with a trace of what was cut: precise enough to round from.
            RationalNumber value = format.Value(a);
            BigInteger radicand = (value.Numerator << 4000) / value.Denominator;
            BigInteger whole = Root(radicand);
            bool exact = whole * whole == radicand && (radicand * value.Denominator) >> 4000 == value.Numerator;
            RationalNumber approximation = RationalNumber.Scaled((whole << 1) + (exact ? 0 : 1), -2001);
            Assert.Equal(format.Round(approximation, modeName, false), root);
        });
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Infinities_and_NaN_follow_IEEE(string name)
    {
        FormatCase format = FormatCase.Of(name);
        FloatFormat library = format.Library;
        ulong infinity = format.Infinity;
        ulong minus = infinity | format.SignBit;
        ulong one = (ulong)format.Bias << format.FractionBits;
        foreach ((RoundingMode mode, _) in Modes)
        {
            Assert.Equal(format.NaN, IeeeArithmetic.Add(infinity, minus, library, mode));
            Assert.Equal(infinity, IeeeArithmetic.Add(infinity, one, library, mode));
            Assert.Equal(minus, IeeeArithmetic.Add(one, minus, library, mode));
            Assert.Equal(format.NaN, IeeeArithmetic.Multiply(0, minus, library, mode));
            Assert.Equal(minus, IeeeArithmetic.Multiply(one, minus, library, mode));
            Assert.Equal(format.NaN, IeeeArithmetic.MultiplyAdd(infinity, one, minus, library, mode));
            Assert.Equal(minus, IeeeArithmetic.MultiplyAdd(one, one, minus, library, mode));
            Assert.Equal(format.NaN, IeeeArithmetic.Divide(infinity, minus, library, mode));
            Assert.Equal(format.SignBit, IeeeArithmetic.Divide(one, minus, library, mode));
            Assert.Equal(format.NaN, IeeeArithmetic.Add(infinity + 1, one, library, mode));
            Assert.Equal(format.NaN, IeeeArithmetic.SquareRoot(minus, library, mode));
            Assert.Equal(infinity, IeeeArithmetic.SquareRoot(infinity, library, mode));
        }
    }

    private static void ForEachDraw(int seed, FormatCase format, Action<ulong, ulong, ulong, RoundingMode, char> check)
    {
        var random = new Random(seed);
        for (int draw = 0; draw < Draws; draw++)
        {
            ulong a = format.Draw(random);
            ulong b = format.Draw(random, a);
            ulong c = format.Draw(random, b);

            // Near cancellation of a product: c is about -(a · b).
            if (draw % 4 == 0 && IsFinite(a) && IsFinite(b))
            {
                c = format.Round(format.Value(a) * format.Value(b), 'n', false) ^ format.SignBit;
            }

            if (IsFinite(a) && IsFinite(b) && IsFinite(c))
            {
                (RoundingMode mode, char name) = Modes[draw % Modes.Length];
                check(a, b, c, mode, name);
            }
        }

        bool IsFinite(ulong bits) => (bits & ~format.SignBit) < format.Infinity;
    }

    private static ulong FiniteSum(FormatCase format, ulong a, ulong b, char mode)
    {
        bool zeroSign = format.IsNegative(a) == format.IsNegative(b) ? format.IsNegative(a) : mode == 'm';
        return format.Round(format.Value(a) + format.Value(b), mode, zeroSign);
    }

    private static BigInteger Root(BigInteger value)
    {
        if (value.IsZero)
        {
            return value;
        }

        BigInteger root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        while (true)
        {
            BigInteger next = (root + (value / root)) >> 1;
            if (next >= root)
            {
                return root;
            }

            root = next;
        }
    }
}
