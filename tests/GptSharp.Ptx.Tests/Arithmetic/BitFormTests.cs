using Xunit;

namespace GptSharp.Ptx.Tests.Arithmetic;

/// <summary>Logic, shifts and bit operations, bit by bit after the manual's pseudo-code.</summary>
public class BitFormTests
{
    private const int Draws = 640;
    private readonly Random _random = new(21);

    [Theory]
    [InlineData("and", 16)]
    [InlineData("or", 32)]
    [InlineData("xor", 64)]
    [InlineData("and", 64)]
    [InlineData("or", 16)]
    [InlineData("xor", 32)]
    public void Logic_works_on_each_bit(string operation, int width) =>
        Check($"{operation}.b{width}", width, [width, width], s => Build(width, i => operation switch
        {
            "and" => Bit(s[0], i) && Bit(s[1], i),
            "or" => Bit(s[0], i) || Bit(s[1], i),
            _ => Bit(s[0], i) != Bit(s[1], i),
        }));

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    public void Not_and_cnot_negate(int width)
    {
        Check($"not.b{width}", width, [width], s => Build(width, i => !Bit(s[0], i)));
        Check($"cnot.b{width}", width, [width], s => s[0] == 0 ? 1ul : 0);
    }

    [Theory]
    [InlineData("shl.b16", 16)]
    [InlineData("shl.b32", 32)]
    [InlineData("shl.b64", 64)]
    [InlineData("shr.u16", 16)]
    [InlineData("shr.b32", 32)]
    [InlineData("shr.u64", 64)]
    [InlineData("shr.s16", 16)]
    [InlineData("shr.s32", 32)]
    [InlineData("shr.s64", 64)]
    public void Shifts_fill_and_stop_at_the_width(string form, int width) => Check(form, width, [width, 8], s =>
    {
        long amount = (long)s[1];
        bool fill = form.Contains(".s", StringComparison.Ordinal) && Bit(s[0], width - 1);
        return Build(width, i =>
        {
            long from = form.StartsWith("shl", StringComparison.Ordinal) ? i - amount : i + amount;
            return from < 0 ? false : from >= width ? fill : Bit(s[0], (int)from);
        });
    });

    [Theory]
    [InlineData("l.wrap")]
    [InlineData("l.clamp")]
    [InlineData("r.wrap")]
    [InlineData("r.clamp")]
    public void Funnel_shifts_move_a_window_over_both_words(string mode) => Check($"shf.{mode}.b32", 32, [32, 32, 7], s =>
    {
        int n = (int)(mode.EndsWith("wrap", StringComparison.Ordinal) ? s[2] & 31 : Math.Min(s[2], 32));
        int first = mode[0] == 'l' ? 32 - n : n;
        return Build(32, i => first + i < 32 ? Bit(s[0], first + i) : first + i < 64 && Bit(s[1], first + i - 32));
    });

    [Theory]
    [InlineData("u32", 32)]
    [InlineData("s32", 32)]
    [InlineData("u64", 64)]
    [InlineData("s64", 64)]
    public void Bfe_extracts_a_field(string type, int width) => Check($"bfe.{type}", width, [width, 9, 9], s =>
    {
        int position = (int)(s[1] & 0xff);
        int length = (int)(s[2] & 0xff);
        bool sign = type[0] == 's' && length != 0 && Bit(s[0], Math.Min(position + length - 1, width - 1));
        return Build(width, i => i < length && position + i <= width - 1 ? Bit(s[0], position + i) : sign);
    });

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void Bfi_inserts_a_field(int width) => Check($"bfi.b{width}", width, [width, width, 9, 9], s =>
    {
        int position = (int)(s[2] & 0xff);
        int length = (int)(s[3] & 0xff);
        return Build(width, i => i >= position && i < position + length ? Bit(s[0], i - position) : Bit(s[1], i));
    });

    [Theory]
    [InlineData("u32", 32)]
    [InlineData("s32", 32)]
    [InlineData("u64", 64)]
    [InlineData("s64", 64)]
    public void Bfind_finds_the_highest_bit_that_matters(string type, int width)
    {
        Check($"bfind.{type}", 32, [width], s => Highest(s[0]));
        Check($"bfind.shiftamt.{type}", 32, [width], s => Highest(s[0]) == uint.MaxValue ? uint.MaxValue : (ulong)(width - 1) - Highest(s[0]));

        ulong Highest(ulong a)
        {
            bool sign = type[0] == 's' && Bit(a, width - 1);
            for (int i = width - 1; i >= 0; i--)
            {
                if (Bit(a, i) != sign)
                {
                    return (ulong)i;
                }
            }

            return uint.MaxValue;
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void Brev_popc_and_clz_go_through_the_bits(int width)
    {
        Check($"brev.b{width}", width, [width], s => Build(width, i => Bit(s[0], width - 1 - i)));
        Check($"popc.b{width}", 32, [width], s => (ulong)Enumerable.Range(0, width).Count(i => Bit(s[0], i)));
        Check($"clz.b{width}", 32, [width], s => (ulong)Enumerable.Range(0, width).TakeWhile(i => !Bit(s[0], width - 1 - i)).Count());
    }

    [Fact]
    public void Fns_counts_set_bits_from_a_base()
    {
        Check("fns.b32", 32, [32, 5, 32], s => Find((uint)s[0], (int)s[1], (int)(uint)s[2]));
        ulong[] near = [.. Enumerable.Range(0, Draws).Select(i => (ulong)(uint)((i % 21) - 10))];
        ulong[] masks = [.. near.Select(_ => (ulong)(uint)_random.NextInt64())];
        ulong[] bases = [.. near.Select(_ => (ulong)_random.Next(32))];
        ulong[] results = LaneRunner.Run("fns.b32", masks, bases, near);
        Assert.Equal([.. near.Select((n, i) => Find((uint)masks[i], (int)bases[i], (int)(uint)n))], results);

        static ulong Find(uint mask, int position, int offset)
        {
            if (offset == 0)
            {
                return (mask >> position & 1) != 0 ? (ulong)position : uint.MaxValue;
            }

            long count = Math.Abs((long)offset) - 1;
            for (; position is >= 0 and < 32; position += offset > 0 ? 1 : -1)
            {
                if ((mask >> position & 1) != 0 && count-- == 0)
                {
                    return (ulong)position;
                }
            }

            return uint.MaxValue;
        }
    }

    [Theory]
    [InlineData("clamp")]
    [InlineData("wrap")]
    public void Bmsk_sets_a_range(string mode) => Check($"bmsk.{mode}.b32", 32, [7, 7], s =>
    {
        ulong first = mode == "wrap" ? s[0] & 31 : s[0];
        ulong count = mode == "wrap" ? s[1] & 31 : s[1];
        return Build(32, i => (ulong)i >= first && (ulong)i < first + count);
    });

    [Theory]
    [InlineData("clamp", "u32")]
    [InlineData("clamp", "s32")]
    [InlineData("wrap", "u32")]
    [InlineData("wrap", "s32")]
    public void Szext_extends_from_a_bit(string mode, string type) => Check($"szext.{mode}.{type}", 32, [32, 7], s =>
    {
        int count = (int)(mode == "wrap" ? s[1] & 31 : Math.Min(s[1], 32));
        return Build(32, i => i < count ? Bit(s[0], i) : type == "s32" && count > 0 && Bit(s[0], count - 1));
    });

    [Theory]
    [InlineData("", new int[0])]
    [InlineData("f4e", new[] { 0x3210, 0x4321, 0x5432, 0x6543 })]
    [InlineData("b4e", new[] { 0x5670, 0x6701, 0x7012, 0x0123 })]
    [InlineData("rc8", new[] { 0x0000, 0x1111, 0x2222, 0x3333 })]
    [InlineData("ecl", new[] { 0x3210, 0x3211, 0x3222, 0x3333 })]
    [InlineData("ecr", new[] { 0x0000, 0x1110, 0x2210, 0x3210 })]
    [InlineData("rc16", new[] { 0x1010, 0x3232, 0x1010, 0x3232 })]
    public void Prmt_picks_bytes(string mode, int[] selectors)
    {
        string form = mode.Length == 0 ? "prmt.b32" : $"prmt.b32.{mode}";
        Check(form, 32, [32, 32, 32], s => Pick(s[0], s[1], s[2]));

        // The same selector in all lanes takes another path.
        for (uint selector = 0; selector < 0x10000; selector += 0x0fed)
        {
            ulong[] a = Words(32);
            ulong[] b = Words(32);
            ulong[] results = LaneRunner.Run(form, a, b, [.. a.Select(_ => (ulong)selector)]);
            Assert.Equal([.. a.Select((x, i) => Pick(x, b[i], selector))], results);
        }

        ulong Pick(ulong a, ulong b, ulong c)
        {
            ulong selector = mode.Length == 0 ? c : (ulong)selectors[c & 3];
            byte[] bytes = [.. BitConverter.GetBytes((uint)a), .. BitConverter.GetBytes((uint)b)];
            ulong result = 0;
            for (int place = 0; place < 4; place++)
            {
                int nibble = (int)(selector >> (4 * place) & 15);
                byte value = bytes[nibble & 7];
                result |= (ulong)(byte)((nibble & 8) != 0 ? (sbyte)value >> 7 : value) << (8 * place);
            }

            return result;
        }
    }

    [Fact]
    public void Lop3_looks_every_bit_up()
    {
        for (ulong table = 0; table < 256; table++)
        {
            ulong[] a = Words(32);
            ulong[] b = Words(32);
            ulong[] c = Words(32);
            ulong[] results = LaneRunner.Run("lop3.b32", a, b, c, [.. a.Select(_ => table)]);
            Assert.Equal([.. a.Select((x, lane) => Build(32, i => Bit(table, (Bit(x, i) ? 4 : 0) + (Bit(b[lane], i) ? 2 : 0) + (Bit(c[lane], i) ? 1 : 0))))], results);
        }
    }

    private static bool Bit(ulong value, int index) => (value >> index & 1) != 0;

    private static ulong Build(int width, Func<int, bool> bit)
    {
        ulong result = 0;
        for (int i = 0; i < width; i++)
        {
            result |= bit(i) ? 1ul << i : 0;
        }

        return result;
    }

    private ulong[] Words(int count) => [.. Enumerable.Range(0, count).Select(_ => (ulong)(uint)_random.NextInt64())];

    // Sources of so many bits, small ones also at their ends.
    private void Check(string form, int width, int[] sourceBits, Func<ulong[], ulong> define)
    {
        ulong[][] sources = [.. sourceBits.Select(bits => Enumerable.Range(0, Draws).Select(_ => Draw(bits)).ToArray())];
        ulong[] results = LaneRunner.Run(form, sources);
        for (int draw = 0; draw < Draws; draw++)
        {
            ulong[] operands = [.. sources.Select(source => source[draw])];
            ulong expected = define(operands) & (width == 64 ? ulong.MaxValue : (1ul << width) - 1);
            Assert.True(expected == results[draw], $"{form} {string.Join(' ', operands.Select(x => x.ToString("x")))}: expected {expected:x}, got {results[draw]:x}");
        }
    }

    private ulong Draw(int bits)
    {
        ulong mask = bits == 64 ? ulong.MaxValue : (1ul << bits) - 1;
        ulong any = ((ulong)_random.NextInt64() * 3) & mask;
        return _random.Next(8) switch
        {
            0 => 0,
            1 => mask,
            2 => 1ul << (bits - 1),
            3 => any >> _random.Next(bits),
            _ => any,
        };
    }
}
