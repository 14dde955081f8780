using System.Globalization;
using System.Numerics;

namespace GptSharp.Tensors.Tests;

/// <summary>
/// BF16 against an oracle that knows nothing of bit tricks: it compares a value with the two numbers that enclose it, exactly, as
/// integers.
/// </summary>
public sealed class BF16StructTests
{
    // The finite numbers that are not negative, by pattern: m 2^e with m of eight bits.
    private const int InfinityBits = 0x7F80;

    [Fact]
    public void All_patterns_are_the_numbers_of_their_fields_and_round_trip()
    {
        for (int bits = 0; bits < 1 << 16; bits++)
        {
            var number = BF16.FromBits((ushort)bits);
            float value = number;
            if ((bits & 0x7FFF) > InfinityBits)
            {
                Assert.True(float.IsNaN(value));
                Assert.True(float.IsNaN((float)(BF16)value));
                Assert.True(float.IsNaN((float)(BF16)(double)value));
                continue;
            }

            double expected = (bits & 0x7FFF) == InfinityBits ? double.PositiveInfinity : ValueOf(bits & 0x7FFF);
            Assert.Equal(bits >= 0x8000 ? -expected : expected, value);
            Assert.Equal(bits, ((BF16)value).Bits);
            Assert.Equal(bits, ((BF16)(double)value).Bits);
            Assert.Equal(0u, BitConverter.SingleToUInt32Bits(value) & 0xFFFF);
        }
    }

    [Fact]
    public void Every_midpoint_goes_to_the_even_neighbour_and_what_lies_beside_it_to_the_nearer_one()
    {
        for (int bits = 0; bits < InfinityBits; bits++)
        {
            // Above the largest number the next place is where an infinity begins.
            double low = ValueOf(bits), high = ValueOf(bits + 1), middle = (low + high) / 2;
            int even = bits % 2 == 0 ? bits : bits + 1;
            foreach (int sign in (ReadOnlySpan<int>)[1, -1])
            {
                int signBit = sign < 0 ? 0x8000 : 0;
                Assert.Equal(even | signBit, ((BF16)(sign * middle)).Bits);
                Assert.Equal(bits | signBit, ((BF16)(sign * Math.BitDecrement(middle))).Bits);
                Assert.Equal((bits + 1) | signBit, ((BF16)(sign * Math.BitIncrement(middle))).Bits);

                // The middle is a float; so are its neighbours.
                float single = (float)(sign * middle);
                Assert.Equal(sign * middle, single);
                Assert.Equal(even | signBit, ((BF16)single).Bits);
                Assert.Equal(bits | signBit, ((BF16)(sign * MathF.BitDecrement(MathF.Abs(single)))).Bits);
                Assert.Equal((bits + 1) | signBit, ((BF16)(sign * MathF.BitIncrement(MathF.Abs(single)))).Bits);
            }
        }
    }

    [Fact]
    public void Random_floats_and_doubles_go_to_the_nearest_number()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            float single = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            if (float.IsFinite(single))
            {
                Assert.Equal(Nearest(single), ((BF16)single).Bits);
            }

            double wide = Math.ScaleB(random.NextDouble() - 0.5, random.Next(-140, 130));
            Assert.Equal(Nearest(wide), ((BF16)wide).Bits);
        }
    }

    [Fact]
    public void A_double_next_to_a_tie_is_not_rounded_into_it_first()
    {
        // 1 + 2^-8 lies halfway between 1 and 1 + 2^-7. As floats the numbers beside it, 2^-40 away, are that tie, which goes to 1.
        double tie = 1 + Math.ScaleB(1, -8), above = tie + Math.ScaleB(1, -40), below = tie - Math.ScaleB(1, -40);
        Assert.Equal((float)tie, (float)above);

        Assert.Equal(0x3F80, ((BF16)tie).Bits);
        Assert.Equal(0x3F81, ((BF16)above).Bits);
        Assert.Equal(0x3F80, ((BF16)below).Bits);
        Assert.Equal(0xBF81, ((BF16)(-above)).Bits);

        // The other way round: the tie between 1 + 2^-7 and 1 + 2^-6 goes up, and a double just below it must not.
        double upper = 1 + Math.ScaleB(3, -8);
        Assert.Equal(0x3F82, ((BF16)upper).Bits);
        Assert.Equal(0x3F81, ((BF16)(upper - Math.ScaleB(1, -40))).Bits);
    }

    [Fact]
    public void Infinities_NaN_zeros_and_overflow_keep_their_kind()
    {
        Assert.Equal(0x7F80, ((BF16)float.PositiveInfinity).Bits);
        Assert.Equal(0xFF80, ((BF16)double.NegativeInfinity).Bits);
        Assert.Equal(0x7F80, ((BF16)float.MaxValue).Bits);
        Assert.Equal(0xFF80, ((BF16)double.MinValue).Bits);
        Assert.Equal(0x0000, ((BF16)double.Epsilon).Bits);
        Assert.Equal(0x8000, ((BF16)(-0.0)).Bits);
        Assert.Equal(0x8000, ((BF16)(-double.Epsilon)).Bits);

        // A NaN whose payload lies in the half that is cut off.
        Assert.True(float.IsNaN((BF16)BitConverter.UInt32BitsToSingle(0x7F800001)));
        Assert.True(float.IsNaN((BF16)BitConverter.UInt32BitsToSingle(0xFFFFFFFF)));
        Assert.True(float.IsNaN((BF16)double.NaN));
        Assert.True(float.IsNaN(BF16.RoundStochastically(BitConverter.UInt32BitsToSingle(0x7F800001), 0xFFFF)));
        Assert.Equal(float.NegativeInfinity, (float)BF16.RoundStochastically(float.NegativeInfinity, 0xFFFF));
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(1 + (3.0 / 1024))]
    [InlineData(-1 - (3.0 / 1024))]
    [InlineData(1.9999)]
    [InlineData(-3.3e-39)]
    [InlineData(6.02e23)]
    public void Stochastic_rounding_over_all_random_bits_has_the_value_as_its_mean(double given)
    {
        float value = (float)given;
        double sum = 0;
        for (uint random = 0; random < 1 << 16; random++)
        {
            // The upper half of the word does not count.
            sum += BF16.RoundStochastically(value, random | (random << 16));
        }

        // Each of the 2^16 choices is equally likely, and the distance from the lower number is a multiple of 2^-16 of the gap.
        Assert.Equal(value, sum / (1 << 16));
    }

    [Fact]
    public void Stochastic_rounding_gives_one_of_the_two_neighbours_and_leaves_numbers_alone()
    {
        var random = new Random(2);
        for (int i = 0; i < 20_000; i++)
        {
            float value = (float)Math.ScaleB(random.NextDouble() - 0.5, random.Next(-120, 120));
            uint word = (uint)random.Next();
            int magnitude = Below(Math.Abs(value)), signBit = value < 0 ? 0x8000 : 0;
            Assert.InRange(BF16.RoundStochastically(value, word).Bits, magnitude | signBit, (magnitude + 1) | signBit);
            float number = (BF16)value;
            Assert.Equal(number, BF16.RoundStochastically(number, word));
        }
    }

    [Fact]
    public void Numbers_compare_by_bits_and_print_as_floats()
    {
        Assert.True(BF16.FromBits(0x7FC0) == BF16.FromBits(0x7FC0));
        Assert.True((BF16)0f != (BF16)(-0f));
        Assert.True(((BF16)2f).Equals((object)(BF16)2f));
        Assert.Equal(((BF16)2f).GetHashCode(), ((BF16)2.001f).GetHashCode());
        Assert.Equal("-1.5", ((BF16)(-1.5f)).ToString());
        Assert.Equal(1.5.ToString(CultureInfo.InvariantCulture), ((BF16)1.5).ToString());
    }

    // The number of a pattern that is not negative; one above the largest finite pattern it is 2^128.
    private static double ValueOf(int bits)
    {
        int exponent = bits >> 7, fraction = bits & 0x7F;
        return exponent == 0 ? Math.ScaleB(fraction, -133) : Math.ScaleB(128 + fraction, exponent - 134);
    }

    // The largest pattern whose number is at most the value, by bisection.
    private static int Below(double value)
    {
        (int low, int high) = (0, InfinityBits);
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = ValueOf(middle) <= value ? (middle, high) : (low, middle);
        }

        return low;
    }

    private static int Nearest(double value)
    {
        double size = Math.Abs(value);
        int low = Below(size);

        // Twice the value against the sum of the neighbours, as integers: nothing is rounded.
        int comparison = (2 * Scaled(size)).CompareTo(Scaled(ValueOf(low)) + Scaled(ValueOf(low + 1)));
        int chosen = comparison < 0 || (comparison == 0 && low % 2 == 0) ? low : low + 1;
        return chosen | (double.IsNegative(value) ? 0x8000 : 0);
    }

    // value 2^1100, which is an integer for every value here.
    private static BigInteger Scaled(double value)
    {
        int exponent = Math.Max(-1022, value == 0 ? -1022 : Math.ILogB(value)) - 52;
        return new BigInteger(Math.ScaleB(value, -exponent)) << (exponent + 1100);
    }
}
