using System.Numerics;
using GptSharp.Ptx.Arithmetic;
using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>cvt between every pair of types, in every rounding mode and with every modifier, against exact fractions.</summary>
public class ConversionTests
{
    private const int Draws = 320;
    private static readonly string[] Integers = ["u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64"];
    private static readonly string[] Floats = ["f16", "bf16", "f32", "f64"];
    private static readonly string[] Modes = ["rn", "rz", "rm", "rp"];

    public static TheoryData<string> Types => [.. Integers, .. Floats];

    [Theory]
    [MemberData(nameof(Types))]
    public void Integers_convert_by_their_value(string source)
    {
        foreach (string destination in Integers.Where(_ => !IsFloat(source)))
        {
            Check($"cvt.{destination}.{source}", source, x => Wrap(x, destination));
            Check($"cvt.sat.{destination}.{source}", source, x => Wrap(Clamp(x, destination), destination));
        }

        foreach (string destination in Floats.Where(_ => !IsFloat(source)))
        {
            FormatCase format = FormatCase.Of(destination);
            foreach (string mode in Modes)
            {
                Check($"cvt.{mode}.{destination}.{source}", source, x => format.Round(new RationalNumber(x, 1), mode[1], false));
            }

            Check(
                $"cvt.rn.sat.{destination}.{source}",
                source,
                x => format.Round(new RationalNumber(BigInteger.Max(0, BigInteger.Min(1, x)), 1), 'n', false));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Floats_convert_to_integers_rounded_and_clamped(string source)
    {
        foreach (string destination in Integers.Where(_ => IsFloat(source)))
        {
            foreach (string mode in Modes)
            {
                CheckFloat($"cvt.{mode}i.{destination}.{source}", source, bits => ToInteger(bits, source, destination, mode[1], flush: false));
            }

            if (source == "f32")
            {
                CheckFloat($"cvt.rpi.ftz.{destination}.f32", source, bits => ToInteger(bits, source, destination, 'p', flush: true));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Floats_convert_to_floats_rounded_once(string source)
    {
        foreach (string destination in Floats.Where(_ => IsFloat(source)))
        {
            FormatCase from = FormatCase.Of(source);
            FormatCase to = FormatCase.Of(destination);
            bool exact = to.FractionBits >= from.FractionBits && to.ExponentBits >= from.ExponentBits;
            if (exact)
            {
                string[] forms = source == destination ? [] : [$"cvt.{destination}.{source}"];
                foreach (string form in forms)
                {
                    CheckFloat(form, source, bits => Convert(from, to, bits, 'n'));
                }

                CheckFloat($"cvt.sat.{destination}.{source}", source, bits => Saturate(to, Convert(from, to, bits, 'n')));
            }
            else
            {
                foreach (string mode in Modes)
                {
                    CheckFloat($"cvt.{mode}.{destination}.{source}", source, bits => Convert(from, to, bits, mode[1]));
                    CheckFloat($"cvt.{mode}.sat.{destination}.{source}", source, bits => Saturate(to, Convert(from, to, bits, mode[1])));
                }
            }
        }
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("f64")]
    [InlineData("f16")]
    public void Floats_round_to_integers_of_their_own_type(string type)
    {
        FormatCase format = FormatCase.Of(type);
        foreach (string mode in Modes)
        {
            CheckFloat($"cvt.{mode}i.{type}.{type}", type, bits =>
            {
                if (format.IsNaN(bits) || format.IsInfinite(bits))
                {
                    return format.IsNaN(bits) ? format.NaN : bits;
                }

                BigInteger whole = Whole(format.Value(bits), mode[1]);
                return format.Round(new RationalNumber(whole, 1), 'n', format.IsNegative(bits));
            });
        }
    }

    [Fact]
    public void The_pair_forms_put_their_first_operand_into_the_high_half()
    {
        foreach (string type in (string[])["f16", "bf16"])
        {
            FormatCase to = FormatCase.Of(type);
            ulong[] a = DrawFloats(FormatCase.F32, 5);
            ulong[] b = DrawFloats(FormatCase.F32, 6);
            foreach (string modifiers in (string[])["rn", "rz", "rn.relu", "rn.satfinite", "rz.relu"])
            {
                ulong[] results = LaneRunner.Run($"cvt.{modifiers}.{type}x2.f32", a, b);
                for (int draw = 0; draw < Draws; draw++)
                {
                    Assert.Equal((Half(a[draw]) << 16) | Half(b[draw]), results[draw]);
                }

                ulong Half(ulong bits)
                {
                    ulong result = Convert(FormatCase.F32, to, bits, modifiers[1]);
                    if (modifiers.EndsWith("relu", StringComparison.Ordinal) && to.IsNegative(result) && !to.IsNaN(result))
                    {
                        return 0;
                    }

                    return modifiers.EndsWith("satfinite", StringComparison.Ordinal) && to.IsInfinite(result) ? result - 1 : result;
                }
            }
        }
    }

    [Fact]
    public void Tf32_is_a_single_with_ten_fraction_bits()
    {
        ulong[] a = DrawFloats(FormatCase.F32, 7);
        foreach ((string form, char mode) in ((string, char)[])[("cvt.rna.tf32.f32", 'a'), ("cvt.rn.tf32.f32", 'n'), ("cvt.rz.tf32.f32", 'z')])
        {
            ulong[] results = LaneRunner.Run(form, a);
            for (int draw = 0; draw < Draws; draw++)
            {
                ulong expected = FormatCase.F32.IsNaN(a[draw]) ? 0x7fffffff
                    : FormatCase.F32.IsInfinite(a[draw]) ? a[draw]
                    : FormatCase.F32.Value(a[draw]).Round(10, 8, mode, FormatCase.F32.IsNegative(a[draw])) << 13;
                Assert.Equal(expected, results[draw]);
            }
        }
    }

    [Fact]
    public void Flushing_applies_to_single_precision_on_either_side()
    {
        Assert.Equal([0x8000_0000ul, 0x0080_0000], LaneRunner.Run("cvt.rn.ftz.f32.f64", [0xb690_0000_0000_0000, 0x3810_0000_0000_0000]));
        Assert.Equal([0x8000_0000_0000_0000ul], LaneRunner.Run("cvt.ftz.f64.f32", [0x8000_0001]));
        Assert.Equal([0ul], LaneRunner.Run("cvt.rn.ftz.bf16.f32", [0x007f_ffff]));
    }

    private static bool IsFloat(string type) => type is "f16" or "bf16" or "f32" or "f64";

    private static int Bits(string type) => type == "bf16" ? 16 : int.Parse(type[1..], System.Globalization.CultureInfo.InvariantCulture);

    private static ulong Wrap(BigInteger value, string type) => (ulong)(value & ((BigInteger.One << Bits(type)) - 1));

    private static BigInteger Clamp(BigInteger value, string type)
    {
        BigInteger low = type[0] == 's' ? -(BigInteger.One << (Bits(type) - 1)) : 0;
        BigInteger high = (BigInteger.One << (type[0] == 's' ? Bits(type) - 1 : Bits(type))) - 1;
        return BigInteger.Max(low, BigInteger.Min(high, value));
    }

    private static ulong ToInteger(ulong bits, string source, string destination, char mode, bool flush)
    {
        FormatCase format = FormatCase.Of(source);
        if (format.IsNaN(bits))
        {
            return source == "f64" || Bits(destination) == 64 ? 1ul << (Bits(destination) - 1) : 0;
        }

        if (format.IsInfinite(bits))
        {
            BigInteger far = BigInteger.One << 80;
            return Wrap(Clamp(format.IsNegative(bits) ? -far : far, destination), destination);
        }

        bool subnormal = (bits & format.Infinity) == 0;
        return Wrap(Clamp(flush && subnormal ? 0 : Whole(format.Value(bits), mode), destination), destination);
    }

    private static BigInteger Whole(RationalNumber value, char mode)
    {
        BigInteger floor = BigInteger.DivRem(value.Numerator, value.Denominator, out BigInteger rest);
        if (rest.Sign < 0)
        {
            floor -= 1;
            rest += value.Denominator;
        }

        int half = (rest * 2).CompareTo(value.Denominator);
        bool up = mode switch
        {
            'n' => half > 0 || (half == 0 && !floor.IsEven),
            'z' => floor.Sign < 0 && !rest.IsZero,
            'p' => !rest.IsZero,
            _ => false,
        };
        return up ? floor + 1 : floor;
    }

    private static ulong Convert(FormatCase from, FormatCase to, ulong bits, char mode)
    {
        if (from.IsNaN(bits))
        {
            return to.NaN;
        }

        bool negative = from.IsNegative(bits);
        return from.IsInfinite(bits) ? (negative ? to.SignBit : 0) | to.Infinity : to.Round(from.Value(bits), mode, negative);
    }

    private static ulong Saturate(FormatCase format, ulong bits) =>
        format.IsNaN(bits) || format.IsNegative(bits) ? 0 : Math.Min(bits, (ulong)format.Bias << format.FractionBits);

    private static void Check(string form, string source, Func<BigInteger, ulong> define)
    {
        int bits = Bits(source);
        var random = new Random(9);
        ulong[] special = [0, 1, (1ul << (bits - 1)) - 1, 1ul << (bits - 1), ulong.MaxValue, ulong.MaxValue - 1, 0xfff, 0x1001, 0xff80_0080, 0x0100_0001, 0x0020_0000_0000_0001];
        ulong[] a = [.. Enumerable.Range(0, Draws).Select(i => (i < special.Length ? special[i] : (ulong)random.NextInt64() * 5 >> random.Next(bits)) & (ulong.MaxValue >> (64 - bits)))];
        ulong[] results = LaneRunner.Run(form, a);
        for (int draw = 0; draw < Draws; draw++)
        {
            BigInteger value = a[draw];
            value -= source[0] == 's' && (a[draw] >> (bits - 1)) != 0 ? BigInteger.One << bits : 0;
            ulong expected = define(value);
            Assert.True(expected == results[draw], $"{form} {a[draw]:x}: expected {expected:x}, got {results[draw]:x}");
        }
    }

    private static void CheckFloat(string form, string source, Func<ulong, ulong> define)
    {
        FormatCase format = FormatCase.Of(source);
        ulong[] a = DrawFloats(format, 10);
        ulong[] results = LaneRunner.Run(form, a);
        bool wide = LaneRunner.Bind(form).Destination == NumberType.F64;
        for (int draw = 0; draw < Draws; draw++)
        {
            ulong expected = define(a[draw]);
            if (wide && FormatCase.F64.IsNaN(expected) && FormatCase.F64.IsNaN(results[draw]))
            {
                continue; // Double precision keeps payloads.
            }

            Assert.True(expected == results[draw], $"{form} {a[draw]:x}: expected {expected:x}, got {results[draw]:x}");
        }
    }

    // Half of the numbers of moderate size, many of them halfway between integers.
    private static ulong[] DrawFloats(FormatCase format, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Draws).Select(i => i % 4 == 0
            ? format.Round(RationalNumber.Scaled(random.NextInt64(-1L << random.Next(1, 63), 1L << random.Next(1, 63)), -random.Next(3)), 'z', false)
            : format.Draw(random))];
    }
}
