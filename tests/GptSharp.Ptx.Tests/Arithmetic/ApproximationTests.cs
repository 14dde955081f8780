using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>
/// Approximate functions: correctly rounded by default, and perturbed beyond the rounding but never beyond the documented bound.
/// The oracle is the double-precision library, whose own error is far below both.
/// </summary>
public class ApproximationTests
{
    private const int Draws = 4096;

    public static TheoryData<string, double, double, double> Functions => new()
    {
        { "rcp.approx.f32", -30, 30, 0 },
        { "rcp.approx.ftz.f32", -100, 100, 0 },
        { "sqrt.approx.f32", -60, 60, Math.Pow(2, -23) },
        { "rsqrt.approx.ftz.f32", -60, 60, Math.Pow(2, -22.9) },
        { "ex2.approx.f32", -8, 6.9, Math.Pow(2, -22) },
        { "ex2.approx.ftz.f32", -8, 6.9, Math.Pow(2, -22) },
        { "lg2.approx.f32", -60, 60, Math.Pow(2, -22.6) },
        { "sin.approx.f32", -8, 2.6, Math.Pow(2, -20.5) },
        { "cos.approx.f32", -8, 2.6, Math.Pow(2, -20.5) },
        { "tanh.approx.f32", -10, 4, Math.Pow(2, -11) },
    };

    [Theory]
    [MemberData(nameof(Functions))]
    public void Plain_results_are_rounded_correctly_and_perturbed_ones_stay_within_the_bound(string form, double lowest, double highest, double bound)
    {
        ulong[] a = Arguments(form, lowest, highest);
        ulong[] plain = LaneRunner.Run(form, a);
        ulong[] perturbed = LaneRunner.Run(form, perturb: true, a);
        int moved = 0;
        int up = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            double x = Single(a[draw]);
            double value = Value(form, x);
            float nearest = (float)value;
            float result = Single(plain[draw]);
            if (form.Contains("ftz", StringComparison.Ordinal) && float.IsSubnormal(nearest))
            {
                nearest = 0;
            }

            // The library's value may lie on the other side of the middle between two singles.
            Assert.True(result == nearest || Math.Abs(result - value) <= UnitInLastPlace(value) * (0.5 + 1e-7), $"{form}({x}) = {result}, expected {nearest}");

            double allowed = form[..3] switch
            {
                "rcp" => UnitInLastPlace(value),
                "sin" or "cos" => bound,
                "lg2" => bound * (x is >= 0.5 and <= 2 ? 1 : Math.Abs(value)),
                _ => bound * Math.Abs(value),
            };
            float shifted = Single(perturbed[draw]);
            Assert.True(Math.Abs(shifted - value) <= allowed * 1.0001, $"{form}({x}) perturbed is {shifted}, {Math.Abs(shifted - value) / allowed} bounds away");
            moved += shifted == result ? 0 : 1;
            up += shifted > result ? 1 : 0;
        }

        // A bound of one unit in the last place reaches the next single only half of the time.
        Assert.InRange(moved, Draws * 4 / 10, Draws);
        Assert.InRange(up, moved * 4 / 10, moved * 6 / 10);
    }

    [Fact]
    public void Special_operands_give_the_manuals_results()
    {
        const float Infinity = float.PositiveInfinity;
        foreach (bool perturb in (bool[])[false, true])
        {
            Expect("rcp.approx.f32", (0f, Infinity), (-0f, -Infinity), (Infinity, 0f), (-Infinity, -0f), (float.NaN, float.NaN));
            Expect("sqrt.approx.f32", (0f, 0f), (-0f, -0f), (Infinity, Infinity), (-1f, float.NaN));
            Expect("rsqrt.approx.f32", (0f, Infinity), (-0f, -Infinity), (Infinity, 0f), (-1f, float.NaN));
            Expect("ex2.approx.f32", (0f, 1f), (-0f, 1f), (Infinity, Infinity), (-Infinity, 0f), (float.NaN, float.NaN), (200f, Infinity), (-200f, 0f));
            Expect("ex2.approx.ftz.f32", (1e-40f, 1f), (-130f, 0f));
            Expect("lg2.approx.f32", (0f, -Infinity), (-0f, -Infinity), (Infinity, Infinity), (-1f, float.NaN));
            Expect("lg2.approx.ftz.f32", (1e-40f, -Infinity));
            Expect("sin.approx.f32", (0f, 0f), (-0f, -0f), (Infinity, float.NaN));
            Expect("cos.approx.f32", (0f, 1f), (-Infinity, float.NaN));
            Expect("tanh.approx.f32", (0f, 0f), (-0f, -0f), (Infinity, 1f), (-Infinity, -1f));

            void Expect(string form, params (float Operand, float Result)[] cases)
            {
                ulong[] results = LaneRunner.Run(form, perturb, [.. cases.Select(one => (ulong)BitConverter.SingleToUInt32Bits(one.Operand))]);
                for (int index = 0; index < cases.Length; index++)
                {
                    uint expected = float.IsNaN(cases[index].Result) ? 0x7fffffff : BitConverter.SingleToUInt32Bits(cases[index].Result);
                    Assert.True(expected == results[index], $"{form}({cases[index].Operand}) = {results[index]:x}");
                }
            }
        }
    }

    [Fact]
    public void Approximate_division_gives_up_on_large_divisors()
    {
        ulong[] a = Bits(1f, float.PositiveInfinity, 3f, -1f);
        ulong[] b = Bits(1.5e38f, 1.5e38f, 1.5f, float.PositiveInfinity);
        Assert.Equal(Bits(0f, BitConverter.UInt32BitsToSingle(0x7fffffff), 2f, -0f), LaneRunner.Run("div.approx.f32", a, b));
        Assert.Equal(1f / 1.5e38f, Single(LaneRunner.Run("div.full.f32", a, b)[0]));
        float moved = Single(LaneRunner.Run("div.full.f32", perturb: true, Bits(1f), Bits(3f))[0]);
        Assert.NotEqual(1f / 3f, moved);
        Assert.InRange(moved, (1f / 3f) - 6e-8f, (1f / 3f) + 6e-8f);
    }

    [Fact]
    public void Estimates_in_double_precision_fill_the_upper_word()
    {
        ulong[] results = LaneRunner.Run("rcp.approx.ftz.f64", [BitConverter.DoubleToUInt64Bits(3.0), 0, 0x7ff0_0000_0000_0000]);
        Assert.Equal(0ul, results[0] & uint.MaxValue);
        Assert.InRange(BitConverter.UInt64BitsToDouble(results[0]), (1 - Math.Pow(2, -20)) / 3, (1 + Math.Pow(2, -20)) / 3);
        Assert.Equal([0x7ff0_0000_0000_0000ul, 0], results[1..]);
        Assert.Equal(0.5, BitConverter.UInt64BitsToDouble(LaneRunner.Run("rsqrt.approx.f64", [BitConverter.DoubleToUInt64Bits(4.0)])[0]));
    }

    [Theory]
    [InlineData("ex2.approx.f16", 9.9, 0)]
    [InlineData("ex2.approx.ftz.bf16", 7, 0)]
    [InlineData("tanh.approx.f16", 0, 10.987)]
    [InlineData("tanh.approx.bf16", 0, 8)]
    public void Functions_of_16_bits_are_rounded_correctly_and_stay_within_their_bounds(string form, double relative, double absolute)
    {
        FormatCase format = FormatCase.Of(form.Split('.')[^1]);
        ulong[] a = [.. Enumerable.Range(0, 65536).Select(bits => (ulong)bits).Where(bits => !format.IsNaN(bits) && Math.Abs(Half(format, bits)) < 9 && (bits & format.Infinity) != 0)];
        ulong[] plain = LaneRunner.Run(form, a);
        ulong[] perturbed = LaneRunner.Run(form, perturb: true, a);
        ulong[] pairs = LaneRunner.Run(form + "x2", [.. a.Select(bits => bits | (a[0] << 16))]);
        for (int index = 0; index < a.Length; index++)
        {
            double value = form[0] == 'e' ? Math.Pow(2, Half(format, a[index])) : Math.Tanh(Half(format, a[index]));
            double bound = relative > 0 ? value * Math.Pow(2, -relative) : Math.Pow(2, -absolute);
            double quantum = Math.ScaleB(1, Math.Max(Math.ILogB(value), 1 - format.Bias) - format.FractionBits);
            Assert.InRange(Half(format, plain[index]), value - (quantum * 0.5001), value + (quantum * 0.5001));
            Assert.InRange(Half(format, perturbed[index]), value - (bound * 1.001), value + (bound * 1.001));
            Assert.Equal(plain[index] | (plain[0] << 16), pairs[index]);
        }
    }

    private static double Half(FormatCase format, ulong bits) => format == FormatCase.BF16
        ? BitConverter.UInt32BitsToSingle((uint)bits << 16)
        : (double)BitConverter.UInt16BitsToHalf((ushort)bits);

    private static double Value(string form, double x) => form[..3] switch
    {
        "rcp" => 1 / x,
        "sqr" => Math.Sqrt(x),
        "rsq" => 1 / Math.Sqrt(x),
        "ex2" => Math.Pow(2, x),
        "lg2" => Math.Log2(x),
        "sin" => Math.Sin(x),
        "cos" => Math.Cos(x),
        _ => Math.Tanh(x),
    };

    // Magnitudes between two powers of two; both signs where the function takes them.
    private static ulong[] Arguments(string form, double lowest, double highest)
    {
        var random = new Random(form.Length);
        bool positive = form[..3] is "sqr" or "rsq" or "lg2";
        return [.. Enumerable.Range(0, Draws).Select(_ =>
        {
            float magnitude = (float)Math.Pow(2, lowest + (random.NextDouble() * (highest - lowest)));
            return (ulong)BitConverter.SingleToUInt32Bits(positive || random.Next(2) == 0 ? magnitude : -magnitude);
        })];
    }

    private static double UnitInLastPlace(double value) => Math.ScaleB(1, Math.Max(-126, Math.ILogB(value)) - 23);

    private static float Single(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    private static ulong[] Bits(params float[] values) => [.. values.Select(value => (ulong)BitConverter.SingleToUInt32Bits(value))];
}
