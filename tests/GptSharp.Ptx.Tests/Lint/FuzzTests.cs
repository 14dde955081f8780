using System.Text;
using GptSharp.Ptx.Lint;
using Xunit;

namespace GptSharp.Ptx.Tests.Lint;

/// <summary>Random and mutated text never crashes or hangs parser and linter. The work is bounded by what they allocate, which no clock disturbs.</summary>
public sealed class FuzzTests
{
    // Bytes allocated per character, measured at 700 at most for the texts below, with a constant for tables that are loaded once.
    private const long BytesPerCharacter = 5_000;
    private const long BytesPerText = 2_000_000;

    private static readonly string[] Words =
    [
        ".version", "7.8", ".target", "sm_90", ".entry", ".func", ".reg", ".b32", ".f32", ".v4", ".pred", ".param", ".shared", ".global", ".align",
        "%r<9>", "%r1", "%f2", "%p3", "%rd4", "add", "ld", "st", "mov", "call", "bra", "cp.async", ".s32", ".rn", ".ftz", ".async", "@", "!", "|", "{", "}",
        "[", "]", "(", ")", "<", ">", ",", ";", ":", "+", "-", "*", "=", "?", "0", "1", "-1", "0x7f", "0f3F800000", "1.5e", "9999999999999999999999",
        "L1", "_", "$", "%", "\"", "/*", "*/", "//", "\n", ".", "..", "::", ".branchtargets", ".callprototype", ".section", ".loc", ".pragma", "\0", "é",
    ];

    [Fact]
    public void Random_words_are_linted_within_their_bound()
    {
        var random = new Random(20_261);
        for (int i = 0; i < 400; i++)
        {
            var text = new StringBuilder(i % 2 == 0 ? ".version 7.8\n.target sm_90\n.visible .entry k(.param .u64 a)\n{ .reg .b32 %r<9>;\n" : "");
            for (int n = random.Next(400); n > 0; n--)
            {
                text.Append(Words[random.Next(Words.Length)]).Append(random.Next(3) == 0 ? "" : " ");
            }

            Lint(text.ToString());
        }
    }

    [Fact]
    public void Random_characters_are_linted_within_their_bound()
    {
        var random = new Random(20_262);
        for (int i = 0; i < 200; i++)
        {
            Lint(string.Create(random.Next(600), random, (span, source) =>
            {
                foreach (ref char c in span)
                {
                    c = (char)(source.Next(8) == 0 ? source.Next(0x10000) : source.Next(128));
                }
            }));
        }
    }

    [Fact]
    public void Mutated_programs_are_linted_within_their_bound()
    {
        var random = new Random(20_263);
        string program = PtxText.Kernel(
            """
            ld.param.u64 %rd1, [source];
            { .reg .pred t; setp.ne.b32 t, %r1, 0; @t bra LOOP; }
            LOOP: cp.async.cg.shared.global [tile], [%rd1+16], 16;
            ld.global.nc.L1::no_allocate.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1];
            mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f1,%f2,%f3,%f4},{%r1,%r2,%r3,%r4},{%r6,%r7},{%f1,%f2,%f3,%f4};
            T: .branchtargets LOOP, END;
            brx.idx %r1, T;
            { .param .b32 x; call.uni (x), f, (x, x); }
            shfl.sync.bfly.b32 %r1|%p1, %r2, 0x10, (31 << 0) | 0, -1;
            """,
            module: ".func (.param .b32 o) f(.param .b32 a, .param .b32 b) { ret; } .global .u64 p[2] = {generic(buf)+8, f};");
        for (int i = 0; i < 600; i++)
        {
            var text = new StringBuilder(program);
            for (int n = random.Next(1, 6); n > 0; n--)
            {
                int at = random.Next(text.Length);
                int length = Math.Min(random.Next(40), text.Length - at);
                string piece = text.ToString(random.Next(text.Length / 2), Math.Min(40, text.Length / 2));
                _ = random.Next(5) switch
                {
                    0 => text.Remove(at, length),
                    1 => text.Insert(at, piece),
                    2 => text.Insert(at, Words[random.Next(Words.Length)]),
                    3 => text.Replace(text[at], (char)random.Next(1, 128), at, 1),
                    _ => text.Remove(at, length).Insert(at, piece),
                };
            }

            Lint(text.ToString());
        }
    }

    [Theory]
    [InlineData("{", 20_000)]
    [InlineData("(", 20_000)]
    [InlineData("[", 20_000)]
    [InlineData("-", 20_000)]
    [InlineData("@", 20_000)]
    [InlineData(".ftz", 20_000)]
    [InlineData(".v2.global.relaxed.gpu", 5_000)]
    [InlineData("%r1,", 20_000)]
    [InlineData("{L: bra L; ", 5_000)]
    [InlineData(".reg .b32 %a<99>, %b1;\n", 3_000)]
    [InlineData("ld.shared.f32 %f1, [%r1]; ", 3_000)]
    [InlineData("bra END; X: ", 3_000)]
    [InlineData("1+", 20_000)]
    [InlineData("/* ", 20_000)]
    [InlineData("\"", 20_000)]
    public void The_same_again_and_again_is_linted_within_its_bound(string piece, int count)
    {
        string many = string.Concat(Enumerable.Repeat(piece, count));
        Lint(many);
        Lint(PtxText.Kernel(many));
        Lint(PtxText.Kernel("add.s32 %r1, " + many));
        Lint(PtxText.Kernel("ld" + many));
    }

    [Fact]
    public void A_function_that_nobody_would_write_does_not_hold_the_linter_up()
    {
        var text = new StringBuilder(".reg .b32 %x<20001>;\n");
        for (int i = 0; i < 20_000; i++)
        {
            text.Append(i % 5 == 0 ? $"X{i}: @%p1 bra X{i * 7_919L % 20_000 / 5 * 5};\n" : $"add.s32 %x{i + 1}, %x{i}, {i};\n");
        }

        Assert.Empty(PtxText.Lint(text.ToString()).Refused);
    }

    private static void Lint(string text)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        LintReport report = Linter.Lint(text);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, BytesPerText + (BytesPerCharacter * text.Length));
        Assert.All(report.Refused, finding => Assert.True(finding.Line > 0 && finding.Column > 0 && finding.Reason.Length > 0));
    }
}
