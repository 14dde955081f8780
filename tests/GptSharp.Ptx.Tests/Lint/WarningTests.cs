using GptSharp.Ptx.Lint;
using GptSharp.Ptx.Lint.Flow;
using GptSharp.Ptx.Syntax;
using Xunit;

namespace GptSharp.Ptx.Tests.Lint;

public sealed class WarningTests
{
    private const string Loop = """
        mov.u32 %r1, 0;
        LOOP:
        cp.async.cg.shared.global [%r2], [%rd1], 16;
        cp.async.commit_group;
        cp.async.wait_group 1;
        bar.sync 0;
        add.u32 %r1, %r1, 1;
        setp.lt.u32 %p1, %r1, 8;
        @%p1 bra LOOP;

        """;

    [Theory]
    [InlineData("ld.f32 %f1, [%rd1];", "This access is generic")]
    [InlineData("st.v2.f32 [%rd1], {%f1, %f2};", "This access is generic")]
    [InlineData("atom.add.u32 %r1, [%rd1], 1;", "This access is generic")]
    [InlineData("st.local.f32 [%rd1], %f1;", "This access goes to local memory")]
    [InlineData(".local .align 4 .b8 depot[64];", "'depot' takes 64 bytes of local memory per thread.")]
    public void Slow_accesses_are_warned_of(string statement, string reason)
    {
        LintReport report = PtxText.Lint(statement);
        Assert.Empty(report.Refused);
        LintFinding finding = Assert.Single(report.Warnings);
        Assert.StartsWith(reason, finding.Reason, StringComparison.Ordinal);
        Assert.Equal((11, statement), (finding.Line, finding.Text));
    }

    [Theory]
    [InlineData("mov.u32 %r1, 0x1FFFFFFFF;", "8589934591 does not fit into the 32 bits of .u32: its upper bits are dropped.")]
    [InlineData("add.s16 %rs1, %rs2, -32769;", "-32769 does not fit into the 16 bits of .s16: its upper bits are dropped.")]
    [InlineData("st.global.v2.u8 [buf], {255, 256};", "256 does not fit into the 8 bits of .u8: its upper bits are dropped.")]
    public void Literals_that_lose_bits_are_warned_of(string statement, string reason) => Assert.Equal(reason, Assert.Single(PtxText.Lint(statement).Warnings).Reason);

    [Theory]
    [InlineData("mov.u32 %r1, 0xFFFFFFFF; mov.s32 %r1, -1; mov.u16 %rs1, -32768; mov.u64 %rd1, 0xFFFFFFFFFFFFFFFF; mov.b32 %r1, -2147483648;")]
    public void Literals_that_fit_signed_or_unsigned_are_not(string statements) => Assert.Empty(PtxText.Lint(statements).Warnings);

    [Theory]
    [InlineData("ld.global.f32 %f1, [%rd1]; st.shared.f32 [tile], %f1; ld.param.u64 %rd1, [source]; red.global.add.u32 [%rd1], 1;")]
    [InlineData("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.u32 [%r1], %r2, [%r3];")]
    public void Accesses_that_name_their_space_are_not(string statements) => Assert.DoesNotContain(
        PtxText.Lint(statements, "8.1").Warnings, finding => finding.Reason.StartsWith("This access", StringComparison.Ordinal));

    [Fact]
    public void What_the_emulator_cannot_run_is_legal_and_warned_of()
    {
        LintReport report = PtxText.Lint("mov.u32 %r1, %tid.x; add.s32 %r1, %r2; wgmma.fence.sync.aligned; mbarrier.init.shared.b64 [tile], 1;", "8.0", "sm_90a");
        Assert.Equal("add.s32 %r1, %r2;", Assert.Single(report.Refused).Text);
        Assert.Equal(["wgmma.fence.sync.aligned;", "mbarrier.init.shared.b64 [tile], 1;"], report.Warnings.Select(finding => finding.Text));
        Assert.All(report.Warnings, finding => Assert.StartsWith("The emulator cannot run this: ", finding.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ld.shared.f32 %f1, [%r1]; ld.shared.f32 %f2, [%r1+4]; ld.shared.f32 %f3, [%r1+8]; ld.shared.f32 %f4, [%r1+12];", 1)]
    [InlineData("st.shared.f32 [%r1+28], %f1; st.shared.f32 [%r1+24], %f2; st.shared.f32 [%r1+20], %f3; st.shared.f32 [%r1+16], %f4;", 1)]
    [InlineData("ld.shared.f64 %fd1, [%r1]; ld.shared.f64 %fd2, [%r1+8];", 1)]
    [InlineData("ld.shared.f32 %f1, [%r1+4]; ld.shared.f32 %f2, [%r1+8]; ld.shared.f32 %f3, [%r1+12]; ld.shared.f32 %f4, [%r1+16];", 0)]
    [InlineData("ld.shared.f32 %f1, [%r1]; ld.shared.f32 %f2, [%r1+4]; add.u32 %r1, %r1, 4; ld.shared.f32 %f3, [%r1+8]; ld.shared.f32 %f4, [%r1+12];", 0)]
    [InlineData("ld.shared.f32 %f1, [%r1]; ld.shared.f32 %f2, [%r2+4]; ld.shared.f32 %f3, [%r1+8]; ld.shared.f32 %f4, [%r1+12];", 0)]
    public void Scalars_side_by_side_in_shared_memory_are_warned_of(string statements, int count) =>
        Assert.Equal(count, PtxText.Lint(statements).Warnings.Count(finding => finding.Reason.Contains("side by side", StringComparison.Ordinal)));

    [Theory]
    [InlineData("st.shared.f32 [tile], %f1;", true)]
    [InlineData("bar.sync 0; st.shared.f32 [tile], %f1;", true)]
    [InlineData("cp.async.wait_group 0; st.shared.f32 [tile], %f1;", true)]
    [InlineData("cp.async.wait_group 1; bar.sync 0; st.shared.f32 [tile], %f1;", true)]
    [InlineData("bar.sync 0; cp.async.wait_group 0; st.shared.f32 [tile], %f1;", true)]
    [InlineData("@%p2 bra SKIP; cp.async.wait_group 0; SKIP: bar.sync 0; st.shared.f32 [tile], %f1;", true)]
    [InlineData("cp.async.wait_group 0; bar.sync 0; st.shared.f32 [tile], %f1;", false)]
    [InlineData("cp.async.wait_all; barrier.sync 0; stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r3], {%r4};", false)]
    [InlineData("st.global.f32 [%rd2], %f1;", false)]
    public void A_store_behind_a_loop_of_copies_needs_a_wait_and_a_barrier(string behind, bool warned) =>
        Assert.Equal(warned, PtxText.Lint(Loop + behind).Warnings.Any(finding => finding.Reason.StartsWith("A cp.async of the loop", StringComparison.Ordinal)));

    [Fact]
    public void A_store_in_the_loop_itself_is_not_behind_it()
    {
        string loop = Loop.Replace("bar.sync 0;", "bar.sync 0; st.shared.f32 [tile], %f1;", StringComparison.Ordinal);
        Assert.Empty(PtxText.Lint(loop).Warnings);
    }

    [Theory]
    [InlineData("div.rn.f32 %f1, %f2, %f3;", "div.rn in a loop is a subroutine")]
    [InlineData("sqrt.rn.ftz.f32 %f1, %f2;", "sqrt.rn in a loop is a subroutine")]
    [InlineData("rcp.rn.f32 %f1, %f2;", "rcp.rn in a loop is a subroutine")]
    [InlineData("div.s64 %rd1, %rd2, %rd3;", "A division of 64 bits in a loop")]
    [InlineData("rem.u64 %rd1, %rd2, 7;", "A division of 64 bits in a loop")]
    [InlineData("div.approx.f32 %f1, %f2, %f3;", null)]
    [InlineData("sqrt.approx.f32 %f1, %f2;", null)]
    [InlineData("div.u32 %r3, %r4, 3;", null)]
    [InlineData("fma.rn.f32 %f1, %f2, %f3, %f4;", null)]
    public void Subroutines_are_warned_of_in_loops_only(string statement, string? reason)
    {
        string loop = Loop.Replace("add.u32 %r1, %r1, 1;", "setp.eq.u32 %p2, %r1, 5; @%p2 bra SKIP;" + statement + "SKIP: add.u32 %r1, %r1, 1;", StringComparison.Ordinal);
        Assert.Empty(PtxText.Lint(statement + Loop + statement).Warnings);
        LintReport report = PtxText.Lint(loop);
        Assert.Empty(report.Refused);
        if (reason is null)
        {
            Assert.Empty(report.Warnings);
            return;
        }

        LintFinding finding = Assert.Single(report.Warnings);
        Assert.StartsWith(reason, finding.Reason, StringComparison.Ordinal);
        Assert.Equal(statement, finding.Text);
    }

    [Theory]
    [InlineData("red.global.add.f32 [%rd1], %f1;", true)]
    [InlineData("atom.shared.add.f64 %fd1, [tile], %fd2;", true)]
    [InlineData("red.global.add.u32 [%rd1], 1;", false)]
    [InlineData("red.global.min.u64 [%rd1], %rd2;", false)]
    public void Atomic_sums_of_floats_are_warned_of(string statement, bool warned) =>
        Assert.Equal(warned, PtxText.Lint(statement).Warnings.Any(finding => finding.Reason.StartsWith("Numbers that are added atomically", StringComparison.Ordinal)));

    [Fact]
    public void Live_registers_are_counted_where_most_are_needed()
    {
        // Before the second load: %rd1 (two words) and %f1; before the first add: %f1, %f2, %fd1 (two); the predicate counts nothing.
        const string Body = """
            ld.global.f32 %f1, [%rd1];
            ld.global.f32 %f2, [%rd1+4];
            ld.global.f64 %fd1, [%rd1+8];
            setp.eq.f32 %p1, %f1, %f2;
            @%p1 bra END;
            add.f32 %f3, %f1, %f2;
            cvt.f64.f32 %fd2, %f3;
            add.f64 %fd1, %fd1, %fd2;
            st.global.f64 [buf], %fd1;
            """;
        (int registers, SourceSpan at) = RegisterPressure.MaxLive(Parser.Parse(PtxText.Kernel(Body)).Functions[0]);
        Assert.Equal((4, 13), (registers, at.Line));
    }

    [Fact]
    public void A_value_that_a_loop_needs_again_lives_through_it()
    {
        string body = "ld.global.v4.f32 {%f1,%f2,%f3,%f4}, [buf];" + Loop + "st.global.v4.f32 [buf], {%f1,%f2,%f3,%f4};";
        (int registers, _) = RegisterPressure.MaxLive(Parser.Parse(PtxText.Kernel(body)).Functions[0]);
        Assert.Equal(4 + 1 + 1 + 2, registers);
    }

    [Fact]
    public void Too_many_registers_are_warned_of_at_the_head_of_the_function()
    {
        string loads = string.Concat(Enumerable.Range(0, 210).Select(i => $"ld.global.f32 %x{i}, [%rd1];\n"));
        string stores = string.Concat(Enumerable.Range(0, 210).Select(i => $"st.global.f32 [%rd1], %x{i};\n"));
        LintFinding finding = Assert.Single(PtxText.Lint(".reg .f32 %x<210>;\n" + loads + stores).Warnings);
        Assert.StartsWith("'kernel' needs 212 registers at once at line ", finding.Reason, StringComparison.Ordinal);
        Assert.Equal(7, finding.Line);
    }
}
