using System.Globalization;
using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>8-bit floats against the list of all 256 of them, cvt.pack, and pairs of singles.</summary>
public class PackedConversionTests
{
    [Theory]
    [InlineData("e4m3")]
    [InlineData("e5m2")]
    public void Every_8_bit_float_has_its_value_as_a_half(string type)
    {
        ulong[] all = [.. Enumerable.Range(0, 256).Select(code => (ulong)(code | ((255 - code) << 8)))];
        ulong[] halves = LaneRunner.Run($"cvt.rn.f16x2.{type}x2", all);
        ulong[] rectified = LaneRunner.Run($"cvt.rn.relu.f16x2.{type}x2", all);
        for (int code = 0; code < 256; code++)
        {
            Check(code, (ushort)halves[code], (ushort)rectified[code]);
            Check(255 - code, (ushort)(halves[code] >> 16), (ushort)(rectified[code] >> 16));
        }

        void Check(int code, ushort half, ushort clamped)
        {
            double expected = Value(type, code);
            Half value = BitConverter.UInt16BitsToHalf(half);
            Assert.Equal(expected, (double)value);
            Assert.Equal(code >= 128, half >= 0x8000 && !double.IsNaN(expected) || (double.IsNaN(expected) && code >= 128));
            Assert.Equal(double.IsNaN(expected) ? double.NaN : Math.Max(0, expected), (double)BitConverter.UInt16BitsToHalf(clamped));
        }
    }

    [Theory]
    [InlineData("e4m3", "f32")]
    [InlineData("e5m2", "f32")]
    [InlineData("e4m3", "f16x2")]
    [InlineData("e5m2", "f16x2")]
    public void Numbers_become_the_nearest_8_bit_float_and_stop_at_the_largest(string type, string source)
    {
        FormatCase format = FormatCase.Of(source);
        (double Value, int Code)[] finite = [.. Enumerable.Range(0, 128).Select(code => (Value(type, code), code)).Where(one => double.IsFinite(one.Item1))];
        var random = new Random(3);
        ulong[] a = [.. Enumerable.Range(0, 640).Select(i => Draw(format, random, finite[random.Next(finite.Length)].Value, i))];
        ulong[] b = [.. Enumerable.Range(0, 640).Select(i => Draw(format, random, finite[random.Next(finite.Length)].Value, i + 1))];
        ulong[] results = source == "f32"
            ? LaneRunner.Run($"cvt.rn.satfinite.{type}x2.f32", a, b)
            : LaneRunner.Run($"cvt.rn.satfinite.{type}x2.f16x2", [.. a.Select((x, i) => (x << 16) | b[i])]);
        for (int draw = 0; draw < a.Length; draw++)
        {
            Assert.Equal((Nearest(a[draw]) << 8) | Nearest(b[draw]), results[draw]);
        }

        ulong Nearest(ulong bits)
        {
            if (format.IsNaN(bits))
            {
                return 0x7f;
            }

            double value = Math.Abs(format == FormatCase.F32 ? BitConverter.UInt32BitsToSingle((uint)bits) : (double)BitConverter.UInt16BitsToHalf((ushort)bits));
            double near = Math.Min(value, 1e6);
            (_, int code) = finite.MinBy(one => (Math.Abs(one.Value - near), one.Code % 2));
            return (ulong)(uint)code | (format.IsNegative(bits) ? 0x80ul : 0);
        }
    }

    [Theory]
    [InlineData("u16", 0, 65535)]
    [InlineData("s16", -32768, 32767)]
    [InlineData("u8", 0, 255)]
    [InlineData("s8", -128, 127)]
    [InlineData("s4", -8, 7)]
    [InlineData("u2", 0, 3)]
    public void Pack_clamps_two_integers_beside_each_other(string type, int least, int greatest)
    {
        int bits = int.Parse(type[1..], CultureInfo.InvariantCulture);
        int[] values = [0, 1, -1, 5, 127, 128, 255, 256, -128, -129, 32767, 32768, 65536, -70000, int.MaxValue, int.MinValue];
        ulong[] a = [.. values.Select(value => (ulong)(uint)value)];
        ulong[] b = [.. a.Reverse()];
        ulong[] c = [.. a.Select((_, i) => 0x1234_5678ul + (ulong)i)];
        ulong[] results = bits == 16 ? LaneRunner.Run($"cvt.pack.sat.{type}.s32", a, b) : LaneRunner.Run($"cvt.pack.sat.{type}.s32.b32", a, b, c);
        for (int index = 0; index < values.Length; index++)
        {
            ulong high = (ulong)Math.Clamp(values[index], least, greatest) & ((1ul << bits) - 1);
            ulong low = (ulong)Math.Clamp(values[^(index + 1)], least, greatest) & ((1ul << bits) - 1);
            ulong above = bits == 16 ? 0 : c[index] << (2 * bits);
            Assert.Equal((above | (high << bits) | low) & uint.MaxValue, results[index]);
        }
    }

    [Fact]
    public void A_pair_of_singles_is_computed_in_both_halves()
    {
        foreach (string form in (string[])["add.rn", "sub.rn", "mul.rn", "fma.rn", "add.rn.ftz", "fma.rn.ftz"])
        {
            var random = new Random(9);
            ulong[][] low = [.. Enumerable.Range(0, form[0] == 'f' ? 3 : 2).Select(_ => Singles(random))];
            ulong[][] high = [.. low.Select(_ => Singles(random))];
            ulong[][] pairs = [.. low.Zip(high, (x, y) => x.Zip(y, (l, h) => l | (h << 32)).ToArray())];
            ulong[] expectedLow = LaneRunner.Run(form + ".f32", low);
            ulong[] expectedHigh = LaneRunner.Run(form + ".f32", high);
            Assert.Equal([.. expectedLow.Zip(expectedHigh, (l, h) => l | (h << 32))], LaneRunner.Run(form + ".f32x2", pairs));
        }

        static ulong[] Singles(Random random) => [.. Enumerable.Range(0, 320).Select(_ => FormatCase.F32.Draw(random))];
    }

    // Sign, exponent, fraction; e4m3 has no infinity and one NaN of either sign.
    private static double Value(string type, int code)
    {
        int fractionBits = type == "e4m3" ? 3 : 2;
        int bias = type == "e4m3" ? 7 : 15;
        int exponent = (code & 0x7f) >> fractionBits;
        double fraction = (code & ((1 << fractionBits) - 1)) / (double)(1 << fractionBits);
        double sign = code >= 128 ? -1 : 1;
        if (type == "e4m3" ? (code & 0x7f) == 0x7f : exponent == 31)
        {
            return type == "e5m2" && fraction == 0 ? sign * double.PositiveInfinity : double.NaN;
        }

        return sign * (exponent == 0 ? Math.ScaleB(fraction, 1 - bias) : Math.ScaleB(1 + fraction, exponent - bias));
    }

    // On, beside and between the numbers of the format, and any.
    private static ulong Draw(FormatCase format, Random random, double near, int index)
    {
        double factor = index % 5 == 0 ? 1 : index % 5 == 1 ? 1.0625 : index % 5 == 2 ? 0.9375 : 1.125;
        float value = (float)(near * factor * (random.Next(2) == 0 ? 1 : -1));
        return index % 5 == 4 ? format.Draw(random)
            : format == FormatCase.F32 ? BitConverter.SingleToUInt32Bits(value) : BitConverter.HalfToUInt16Bits((Half)value);
    }
}
