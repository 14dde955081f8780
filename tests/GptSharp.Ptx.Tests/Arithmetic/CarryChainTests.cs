using System.Numerics;
using GptSharp.Ptx.Arithmetic;
using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>Carry chains: sums, differences and products of several words, put together by one flag per lane.</summary>
public unsafe class CarryChainTests
{
    [Theory]
    [InlineData("u32")]
    [InlineData("s32")]
    [InlineData("u64")]
    [InlineData("s64")]
    public void Three_words_add_and_subtract_like_one_number(string type)
    {
        int bits = int.Parse(type[1..], System.Globalization.CultureInfo.InvariantCulture);
        var random = new Random(bits);
        BigInteger modulus = BigInteger.One << (3 * bits);
        for (int round = 0; round < 20; round++)
        {
            ulong[][] a = [.. Enumerable.Range(0, 3).Select(_ => Words(random, bits))];
            ulong[][] b = [.. Enumerable.Range(0, 3).Select(_ => Words(random, bits))];
            foreach (string operation in (string[])["add", "sub"])
            {
                uint flags = 0;
                ulong[][] d =
                [
                    Run($"{operation}.cc.{type}", ref flags, a[0], b[0], a[0]),
                    Run($"{operation}c.cc.{type}", ref flags, a[1], b[1], a[0]),
                    Run($"{operation}c.{type}", ref flags, a[2], b[2], a[0]),
                ];
                for (int lane = 0; lane < 32; lane++)
                {
                    BigInteger x = Number(a, lane, bits);
                    BigInteger y = Number(b, lane, bits);
                    BigInteger expected = operation == "add" ? x + y : x - y + modulus;
                    Assert.Equal(expected % modulus, Number(d, lane, bits));
                }
            }
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void Products_of_two_words_multiply_like_one_number(int bits)
    {
        var random = new Random(7);
        string type = $"u{bits}";
        for (int round = 0; round < 20; round++)
        {
            ulong[][] a = [Words(random, bits), Words(random, bits)];
            ulong[][] b = [Words(random, bits), Words(random, bits)];
            var zero = new ulong[32];

            // The schoolbook, column by column.
            uint flags = 0;
            ulong[] d0 = Run($"mad.lo.cc.{type}", ref flags, a[0], b[0], zero);
            ulong[] d1 = Run($"madc.hi.{type}", ref flags, a[0], b[0], zero);
            d1 = Run($"mad.lo.cc.{type}", ref flags, a[0], b[1], d1);
            ulong[] d2 = Run($"madc.hi.{type}", ref flags, a[0], b[1], zero);
            d1 = Run($"mad.lo.cc.{type}", ref flags, a[1], b[0], d1);
            d2 = Run($"madc.hi.cc.{type}", ref flags, a[1], b[0], d2);
            ulong[] d3 = Run($"addc.{type}", ref flags, zero, zero, zero);
            d2 = Run($"mad.lo.cc.{type}", ref flags, a[1], b[1], d2);
            d3 = Run($"madc.hi.{type}", ref flags, a[1], b[1], d3);
            for (int lane = 0; lane < 32; lane++)
            {
                Assert.Equal(Number(a, lane, bits) * Number(b, lane, bits), Number([d0, d1, d2, d3], lane, bits));
            }
        }
    }

    private static ulong[] Words(Random random, int bits)
    {
        ulong mask = bits == 64 ? ulong.MaxValue : uint.MaxValue;
        return [.. Enumerable.Range(0, 32).Select(_ => random.Next(3) == 0 ? mask : random.Next(4) == 0 ? 0 : (ulong)random.NextInt64() * 5 & mask)];
    }

    private static BigInteger Number(ulong[][] words, int lane, int bits)
    {
        BigInteger number = 0;
        for (int word = 0; word < words.Length; word++)
        {
            number += (BigInteger)words[word][lane] << (bits * word);
        }

        return number;
    }

    private static ulong[] Run(string form, ref uint flags, ulong[] a, ulong[] b, ulong[] c)
    {
        LaneOperation operation = LaneRunner.Bind(form);
        Assert.Equal(form.Split('.')[0] is "addc" or "subc" or "madc", operation.ReadsCarry);
        ulong* slots = stackalloc ulong[4 * 32];
        bool wide = operation.Destination.Bits() == 64;
        ulong[][] sources = [a, b, c];
        for (int source = 0; source < 3; source++)
        {
            for (int lane = 0; lane < 32; lane++)
            {
                if (wide)
                {
                    slots[(32 * source) + lane] = sources[source][lane];
                }
                else
                {
                    ((uint*)(slots + (32 * source)))[lane] = (uint)sources[source][lane];
                }
            }
        }

        uint carry = flags;
        operation.Function(slots + 96, slots, slots + 32, slots + 64, &carry, operation.Control);
        flags = carry;
        ulong* d = slots + 96;
        var result = new ulong[32];
        for (int lane = 0; lane < 32; lane++)
        {
            result[lane] = wide ? d[lane] : ((uint*)d)[lane];
        }

        return result;
    }
}
