using System.Numerics;
using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>Integer forms of every width against their definitions in unbounded integers.</summary>
public class IntegerFormTests
{
    private const int Draws = 640;

    public static TheoryData<string> Forms
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string type in (string[])["u16", "s16", "u32", "s32", "u64", "s64"])
            {
                foreach (string form in (string[])["add", "sub", "mul.lo", "mul.hi", "mad.lo", "mad.hi", "div", "rem", "min", "max", "sad"])
                {
                    data.Add($"{form}.{type}");
                }

                if (type[0] == 's')
                {
                    data.Add($"abs.{type}");
                    data.Add($"neg.{type}");
                }

                if (!type.EndsWith("64", StringComparison.Ordinal))
                {
                    data.Add($"mul.wide.{type}");
                    data.Add($"mad.wide.{type}");
                }
            }

            foreach (string form in (string[])["add.sat.s32", "sub.sat.s32", "mad.hi.sat.s32", "min.relu.s32", "max.relu.s32",
                "mul24.lo.s32", "mul24.hi.s32", "mul24.lo.u32", "mul24.hi.u32", "mad24.lo.s32", "mad24.hi.u32", "mad24.hi.sat.s32"])
            {
                data.Add(form);
            }

            return data;
        }
    }

    public static TheoryData<string> PackedForms => ["add.u16x2", "add.s16x2", "min.u16x2", "max.u16x2", "min.s16x2", "max.s16x2"];

    public static TheoryData<string> DotForms
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string operation in (string[])["dp4a", "dp2a.lo", "dp2a.hi"])
            {
                foreach (string types in (string[])["u32.u32", "u32.s32", "s32.u32", "s32.s32"])
                {
                    data.Add($"{operation}.{types}");
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_form_computes_its_definition(string form)
    {
        string[] parts = form.Split('.');
        int bits = int.Parse(parts[^1][1..], System.Globalization.CultureInfo.InvariantCulture);
        bool signed = parts[^1][0] == 's';
        int resultBits = parts.Contains("wide") ? 2 * bits : bits;
        var random = new Random(bits);
        ulong[] a = Draw(random, bits);
        ulong[] b = Draw(random, bits);
        ulong[] c = Draw(random, resultBits);
        if (parts[0] is "div" or "rem")
        {
            b = [.. b.Select(divisor => divisor == 0 ? 1 : divisor)];
        }

        ulong[][] sources = parts[0] switch
        {
            "mad" or "mad24" or "sad" => [a, b, c],
            "abs" or "neg" => [a],
            _ => [a, b],
        };
        ulong[] results = LaneRunner.Run(form, sources);
        for (int draw = 0; draw < Draws; draw++)
        {
            BigInteger expected = Define(parts, bits, Value(a[draw], bits, signed), Value(b[draw], bits, signed), Value(c[draw], resultBits, signed));
            ulong expectedBits = (ulong)(expected & ((BigInteger.One << resultBits) - 1));
            Assert.True(expectedBits == results[draw], $"{form} {a[draw]:x} {b[draw]:x} {c[draw]:x}: expected {expectedBits:x}, got {results[draw]:x}");
        }
    }

    [Theory]
    [MemberData(nameof(PackedForms))]
    public void A_packed_form_does_in_each_half_what_the_scalar_does(string form)
    {
        var random = new Random(3);
        ulong[] a = Draw(random, 32);
        ulong[] b = Draw(random, 32);
        ulong[] results = LaneRunner.Run(form, a, b);
        string scalar = form[..^2];
        ulong[] low = LaneRunner.Run(scalar, [.. a.Select(x => x & 0xffff)], [.. b.Select(x => x & 0xffff)]);
        ulong[] high = LaneRunner.Run(scalar, [.. a.Select(x => x >> 16)], [.. b.Select(x => x >> 16)]);
        Assert.Equal([.. low.Zip(high, (x, y) => x | (y << 16))], results);
    }

    [Theory]
    [MemberData(nameof(DotForms))]
    public void A_dot_product_sums_the_products_of_its_parts(string form)
    {
        string[] parts = form.Split('.');
        var random = new Random(4);
        ulong[] a = Draw(random, 32);
        ulong[] b = Draw(random, 32);
        ulong[] c = Draw(random, 32);
        ulong[] results = LaneRunner.Run(form, a, b, c);
        for (int draw = 0; draw < Draws; draw++)
        {
            BigInteger sum = c[draw];
            int count = parts[0] == "dp4a" ? 4 : 2;
            for (int part = 0; part < count; part++)
            {
                int size = 32 / count;
                int place = part + (parts[1] == "hi" ? 2 : 0);
                sum += Value(a[draw] >> (size * part), size, parts[^2] == "s32") * Value(b[draw] >> (8 * place), 8, parts[^1] == "s32");
            }

            Assert.Equal((ulong)(sum & uint.MaxValue), results[draw]);
        }
    }

    [Fact]
    public void Division_by_zero_and_the_one_quotient_too_large_do_not_stop_the_emulator()
    {
        Assert.Equal([uint.MaxValue, 7ul], [LaneRunner.Run("div.u32", [7], [0])[0], LaneRunner.Run("rem.u32", [7], [0])[0]]);
        Assert.Equal([0x8000_0000ul, 0ul], [LaneRunner.Run("div.s32", [0x8000_0000], [uint.MaxValue])[0], LaneRunner.Run("rem.s32", [0x8000_0000], [uint.MaxValue])[0]]);
        Assert.True(LaneRunner.Bind("div.s64").ChecksDivisor);
        Assert.True(LaneRunner.Bind("rem.u16").ChecksDivisor);
    }

    private static BigInteger Define(string[] parts, int bits, BigInteger a, BigInteger b, BigInteger c)
    {
        bool high = parts.Contains("hi");
        bool saturate = parts.Contains("sat");
        BigInteger product = a * b;
        if (parts[0] is "mul24" or "mad24")
        {
            bool signed = parts[^1] == "s32";
            product = Value((ulong)(a & 0xffffff), 24, signed) * Value((ulong)(b & 0xffffff), 24, signed);
            product = high ? product >> 16 : product;
        }
        else if (high)
        {
            product >>= bits;
        }

        product = high ? Wrap(product, bits, parts[^1][0] == 's') : product;
        BigInteger result = parts[0] switch
        {
            "add" => a + b,
            "sub" => a - b,
            "mul" or "mul24" => product,
            "mad" or "mad24" => product + c,
            "div" => BigInteger.Divide(a, b),
            "rem" => BigInteger.Remainder(a, b),
            "min" => BigInteger.Min(a, b),
            "max" => BigInteger.Max(a, b),
            "sad" => c + BigInteger.Abs(a - b),
            "abs" => BigInteger.Abs(a),
            _ => -a,
        };
        if (saturate)
        {
            result = BigInteger.Max(int.MinValue, BigInteger.Min(int.MaxValue, result));
        }

        return parts.Contains("relu") ? BigInteger.Max(0, result) : result;
    }

    private static BigInteger Wrap(BigInteger value, int bits, bool signed) => Value((ulong)(value & ((BigInteger.One << bits) - 1)), bits, signed);

    private static BigInteger Value(ulong bits, int width, bool signed)
    {
        BigInteger value = bits & (ulong)((BigInteger.One << width) - 1);
        return signed && (bits >> (width - 1) & 1) != 0 ? value - (BigInteger.One << width) : value;
    }

    private static ulong[] Draw(Random random, int bits)
    {
        ulong mask = bits == 64 ? ulong.MaxValue : (1ul << bits) - 1;
        ulong top = 1ul << (bits - 1);
        ulong[] special = [0, 1, 2, mask, mask - 1, top, top - 1, top + 1];
        return [.. Enumerable.Range(0, Draws).Select(_ =>
            (random.Next(3) == 0 ? special[random.Next(special.Length)] : (ulong)random.NextInt64() * 3 >> random.Next(bits)) & mask)];
    }
}
