using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>setp, set, selp, slct and testp of every type and operator.</summary>
public class ComparisonTests
{
    private const int Draws = 512;
    private static readonly string[] Ordered = ["eq", "ne", "lt", "le", "gt", "ge"];
    private static readonly string[] Unordered = ["equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"];

    [Theory]
    [InlineData("u16")]
    [InlineData("s16")]
    [InlineData("u32")]
    [InlineData("s32")]
    [InlineData("u64")]
    [InlineData("s64")]
    public void Integers_compare_by_value(string type)
    {
        int bits = int.Parse(type[1..], System.Globalization.CultureInfo.InvariantCulture);
        (ulong[] a, ulong[] b) = DrawIntegers(bits);
        foreach (string comparison in Ordered)
        {
            ulong[] results = LaneRunner.Run($"setp.{comparison}.{type}", a, b);
            Assert.Equal([.. a.Select((x, i) => Holds(comparison, Value(x), Value(b[i])) ? 1ul : 0)], results);
        }

        Int128 Value(ulong x) => type[0] == 's' ? (long)(x << (64 - bits)) >> (64 - bits) : (Int128)x;
    }

    [Fact]
    public void The_unsigned_spellings_mean_the_same()
    {
        (ulong[] a, ulong[] b) = DrawIntegers(32);
        foreach ((string spelling, string plain) in ((string, string)[])[("lo", "lt"), ("ls", "le"), ("hi", "gt"), ("hs", "ge")])
        {
            Assert.Equal(LaneRunner.Run($"setp.{plain}.u32", a, b), LaneRunner.Run($"setp.{spelling}.u32", a, b));
        }
    }

    [Theory]
    [InlineData("f16", false)]
    [InlineData("bf16", false)]
    [InlineData("f32", false)]
    [InlineData("f64", false)]
    [InlineData("f32", true)]
    [InlineData("f16", true)]
    public void Floats_compare_by_value_and_NaN_by_the_operator(string type, bool flush)
    {
        FormatCase format = FormatCase.Of(type);
        (ulong[] a, ulong[] b) = DrawFloats(format);
        foreach (string comparison in (string[])[.. Ordered, .. Unordered])
        {
            ulong[] results = LaneRunner.Run($"setp.{comparison}{(flush ? ".ftz" : "")}.{type}", a, b);
            for (int draw = 0; draw < Draws; draw++)
            {
                bool expected = FloatHolds(format, comparison, Enter(a[draw]), Enter(b[draw]));
                Assert.True(expected == (results[draw] != 0), $"{comparison} {a[draw]:x} {b[draw]:x}");
            }
        }

        ulong Enter(ulong bits) => flush && (bits & format.Infinity) == 0 ? 0 : bits;
    }

    [Theory]
    [InlineData("f16")]
    [InlineData("bf16")]
    public void A_pair_gives_one_predicate_for_each_half(string type)
    {
        FormatCase format = FormatCase.Of(type);
        (ulong[] a, ulong[] b) = DrawFloats(format);
        (ulong[] c, ulong[] d) = DrawFloats(format);
        ulong[] first = [.. a.Select((x, i) => x | (c[i] << 16))];
        ulong[] second = [.. b.Select((x, i) => x | (d[i] << 16))];
        Assert.Equal(LaneRunner.Run($"setp.lt.{type}", a, b), LaneRunner.Run($"setp.lt.{type}x2", first, second));
        ulong one = (ulong)format.Bias << format.FractionBits;
        ulong[] set = LaneRunner.Run($"set.gt.{type}x2.{type}x2", first, second);
        for (int draw = 0; draw < Draws; draw++)
        {
            ulong low = FloatHolds(format, "gt", a[draw], b[draw]) ? one : 0;
            ulong high = FloatHolds(format, "gt", c[draw], d[draw]) ? one : 0;
            Assert.Equal(low | (high << 16), set[draw]);
        }
    }

    [Fact]
    public void Set_writes_all_ones_or_one()
    {
        ulong[] a = [1, 2, 3];
        ulong[] b = [2, 2, 2];
        Assert.Equal([0xfffffffful, 0, 0], LaneRunner.Run("set.lt.u32.s32", a, b));
        Assert.Equal([0x3f800000ul, 0x3f800000, 0], LaneRunner.Run("set.le.f32.u32", a, b));
        Assert.Equal([0ul, 0xffffffff, 0], LaneRunner.Run("set.le.and.s32.u32", a, b, [0, 1, 1]));
        Assert.Equal([0xfffffffful, 0xffffffff, 0xffffffff], LaneRunner.Run("set.le.or.s32.u32", a, b, [0, 1, 1]));
    }

    [Fact]
    public void Selections_take_the_first_where_the_condition_holds()
    {
        Assert.Equal([10ul, 21, 12], LaneRunner.Run("selp.b32", [10, 11, 12], [20, 21, 22], [1, 0, 1]));
        Assert.Equal([1ul << 40, 5], LaneRunner.Run("selp.f64", [1ul << 40, 7], [3, 5], [1, 0]));
        Assert.Equal([10ul, 21, 12], LaneRunner.Run("slct.u32.s32", [10, 11, 12], [20, 21, 22], [0, 0xffff_ffff, 7]));
        Assert.Equal([10ul, 21, 22, 13], LaneRunner.Run("slct.u64.f32", [10, 11, 12, 13], [20, 21, 22, 23], [0, 0xbf80_0000, 0x7fc0_0000, 0x8000_0000]));
        Assert.Equal(20ul, LaneRunner.Run("slct.u32.f32", [10], [20], [0x8000_0001])[0]);
        Assert.Equal(10ul, LaneRunner.Run("slct.ftz.u32.f32", [10], [20], [0x8000_0001])[0]);
    }

    [Theory]
    [InlineData("finite", "111100")]
    [InlineData("infinite", "000010")]
    [InlineData("number", "111110")]
    [InlineData("notanumber", "000001")]
    [InlineData("normal", "110100")]
    [InlineData("subnormal", "001000")]
    public void Testp_knows_the_sorts_of_numbers(string property, string expected)
    {
        // One, zero, a subnormal, the largest, an infinity, NaN.
        ulong[] singles = [0x3f800000, 0x80000000, 0x00000001, 0x7f7fffff, 0xff800000, 0x7fc00000];
        ulong[] doubles = [0x3ff0000000000000, 0, 0x800fffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000, 0xfff8000000000001];
        ulong[] answers = [.. expected.Select(digit => (ulong)(digit - '0'))];
        Assert.Equal(answers, LaneRunner.Run($"testp.{property}.f32", singles));
        Assert.Equal(answers, LaneRunner.Run($"testp.{property}.f64", doubles));
    }

    private static bool Holds<T>(string comparison, T a, T b)
        where T : IComparable<T> => comparison switch
        {
            "eq" => a.CompareTo(b) == 0,
            "ne" => a.CompareTo(b) != 0,
            "lt" => a.CompareTo(b) < 0,
            "le" => a.CompareTo(b) <= 0,
            "gt" => a.CompareTo(b) > 0,
            _ => a.CompareTo(b) >= 0,
        };

    private static bool FloatHolds(FormatCase format, string comparison, ulong a, ulong b)
    {
        bool unordered = format.IsNaN(a) || format.IsNaN(b);
        if (comparison is "num" or "nan")
        {
            return unordered == (comparison == "nan");
        }

        bool forNaN = comparison.Length == 3;
        return unordered ? forNaN : Holds(comparison[..2], Key(a), Key(b));

        long Key(ulong bits) => format.IsNegative(bits) ? -(long)(bits & ~format.SignBit) : (long)bits;
    }

    private static (ulong[] A, ulong[] B) DrawFloats(FormatCase format)
    {
        var random = new Random(format.FractionBits);
        ulong[] a = [.. Enumerable.Range(0, Draws).Select(_ => format.Draw(random))];
        return (a, [.. a.Select(x => random.Next(4) == 0 ? x : random.Next(6) == 0 ? x ^ format.SignBit : format.Draw(random, x))]);
    }

    private static (ulong[] A, ulong[] B) DrawIntegers(int bits)
    {
        var random = new Random(bits);
        ulong mask = ulong.MaxValue >> (64 - bits);
        ulong[] a = [.. Enumerable.Range(0, Draws).Select(_ => (ulong)random.NextInt64() * 3 & mask)];
        return (a, [.. a.Select(x => random.Next(3) == 0 ? x + (ulong)random.Next(-1, 2) & mask : (ulong)random.NextInt64() * 3 & mask)]);
    }
}
