using GptSharp.Ptx.Lint;
using Xunit;

namespace GptSharp.Ptx.Tests.Lint;

public sealed class OperandTests
{
    [Theory]
    [InlineData("add.s32 %r1, %r2, 5;")]
    [InlineData("add.f32 %r1, %f2, %r3;")]
    [InlineData("add.f32 %f1, %f2, 0f3F800000;")]
    [InlineData("add.f32 %f1, %f2, 1.5;")]
    [InlineData("mov.b32 %r1, 0f3F800000;")]
    [InlineData("mov.b32 %f1, 7;")]
    [InlineData("mov.b64 %rd1, tile;")]
    [InlineData("mov.u64 %rd1, kernel;")]
    [InlineData("mov.u64 %rd1, buf+8;")]
    [InlineData("mov.pred %p1, 0;")]
    [InlineData("ld.global.u8 %r1, [%rd1];")]
    [InlineData("ld.global.b32 %f1, [buf+4];")]
    [InlineData("ld.shared.v2.f32 {%f1, _}, [tile];")]
    [InlineData("ld.global.f32 { %f1 }, [ %rd1 + 0 ];")]
    [InlineData("st.shared.v4.u32 [%r1+-16], {%r1, 2, %r3, -4};")]
    [InlineData("ld.param.u64 %rd1, [source];")]
    [InlineData("cvt.u32.u64 %rd1, %rd2;")]
    [InlineData("cvt.u16.u8 %rs1, %r2;")]
    [InlineData("setp.lt.and.s32 %p1|%p2, %r1, 3, !%p3;")]
    [InlineData("shfl.sync.bfly.b32 %r1|%p1, %r2, 16, 31, -1;")]
    [InlineData("mov.b64 {%r1, %r2}, %rd1;")]
    [InlineData("mov.b64 {%r1, _}, %rd1;")]
    [InlineData("mov.b32 %r1, {%rs1, %rs2};")]
    [InlineData("elect.sync _|%p1, -1;")]
    [InlineData("atom.global.add.u32 _, [%rd1], 1;")]
    [InlineData("lop3.b32 %r1, %r2, %r3, %r4, 0x96;")]
    [InlineData("bar.sync 15, 64;")]
    [InlineData("add.u32 %r1, %tid.x, %laneid;")]
    [InlineData("mov.u32 %r1, WARP_SZ;")]
    [InlineData("@!%p1 bra END;")]
    [InlineData("{ .reg .b16 low, high; mov.b32 {low, high}, %r1; }")]
    [InlineData("{ .reg .v4 .f32 v; ld.global.v4.f32 v, [%rd1]; add.f32 %f1, v.x, v.w; }")]
    [InlineData("{ .reg .v2 .b16 v; mov.b32 v, %r1; mov.b32 %r1, v; }")]
    [InlineData("{ .reg .v4 .b16 v; mov.v4.u16 v, {%rs1, %rs2, %rs3, %rs4}; }")]
    [InlineData("st.shared.u32 [tile], %r1+1;")]
    [InlineData("ld.global.u32 %r1, [%rd1].unified;")]
    [InlineData("tex.2d.v4.f32.f32 {%f1, %f2, %f3, %f4}|%p1, [%rd1, {%f5, %f6}];")]
    [InlineData("vmad.s32.s32.u32.sat %r1, %r2.h0, %r3.b1, -%r4;")]
    [InlineData("mbarrier.arrive.shared::cta.b64 _, [tile];")]
    public void Operands_that_fit_are_taken(string statement)
    {
        LintReport report = PtxText.Lint(statement, "8.0");
        Assert.True(report.Accepted, report.Accepted ? "" : report.Refused[0].Reason);
    }

    [Theory]
    [InlineData("add.s32 %r1, %r2;", "'add.s32' takes 3 operands, not 2.")]
    [InlineData("add.s32 %r1, %rd2, %r3;", "Operand 2 of 'add.s32' is '%rd2' of type .b64, but must be 32 bits wide (.s32).")]
    [InlineData("add.s64 %rd1, %r2, %rd3;", "Operand 2 of 'add.s64' is '%r2' of type .b32, but must be 64 bits wide (.s64).")]
    [InlineData("add.s32 %f1, %r2, %r3;", "Operand 1 of 'add.s32' is '%f1' of type .f32, but must be 32 bits wide (.s32).")]
    [InlineData("add.f64 %fd1, %fd2, %f3;", "Operand 3 of 'add.f64' is '%f3' of type .f32, but must be 64 bits wide (.f64).")]
    [InlineData("add.s32 5, %r2, %r3;", "Operand 1 of 'add.s32' is written and must be a register.")]
    [InlineData("add.s32 %r1, %r2, 1.5;", "Operand 3 of 'add.s32' is a floating-point literal, but must be an integer.")]
    [InlineData("add.f32 %f1, %f2, 1;", "Operand 3 of 'add.f32' is an integer literal, but must be a floating-point value such as 0f3F800000.")]
    [InlineData("add.s32 %r1, %r99, %r3;", "Operand 2 of 'add.s32' is '%r99', which is not declared.")]
    [InlineData("add.s32 %r1, %p1, %r3;", "Operand 2 of 'add.s32' is '%p1' of type .pred, but must be 32 bits wide (.s32).")]
    [InlineData("selp.b32 %r1, %r2, %r3, %r4;", "Operand 4 of 'selp.b32' is '%r4' of type .b32, but must be a predicate.")]
    [InlineData("mov.u32 %tid.x, %r1;", "Operand 1 of 'mov.u32' is '%tid.x', which cannot be written.")]
    [InlineData("ld.global.f32 %f1, %rd1;", "Operand 2 of 'ld.global.f32' must be an address in brackets.")]
    [InlineData("ld.global.f32 %f1, [%f2];", "Operand 2 of 'ld.global.f32' uses '%f2' of type .f32 as an address, which needs an integer register of 32 or 64 bits.")]
    [InlineData("ld.global.f32 %f1, [nowhere];", "Operand 2 of 'ld.global.f32' uses 'nowhere', which is not declared.")]
    [InlineData("ld.global.v4.f32 {%f1, %f2}, [%rd1];", "Operand 1 of 'ld.global.v4.f32' has 2 elements, but must have 4.")]
    [InlineData("ld.global.u32 %rs1, [%rd1];", "Operand 1 of 'ld.global.u32' is '%rs1' of type .b16, but must be at least 32 bits wide (.u32).")]
    [InlineData("ld.shared.f32 %f1, [buf];", "'buf' lies in .global, but 'ld.shared.f32' accesses .shared.")]
    [InlineData("lop3.b32 %r1, %r2, %r3, %r4, 256;", "Operand 5 of 'lop3.b32' is 256, but must be between 0 and 255.")]
    [InlineData("bar.sync 16;", "Operand 1 of 'bar.sync' is 16, but must be between 0 and 15.")]
    [InlineData("cp.async.cg.shared.global [%r1], [%rd1], 8;", "Operand 3 of 'cp.async.cg.shared.global' is 8, but must be 16.")]
    [InlineData("bra NOWHERE;", "Operand 1 of 'bra' is 'NOWHERE', which is not declared, but must be a label of this function.")]
    [InlineData("@%r1 ret;", "The guard '%r1' must be a predicate.")]
    [InlineData("@%q1 ret;", "The guard '%q1' is not declared.")]
    [InlineData("mov.b64 {%r1, %rs2}, %rd1;", "Operand 1 of 'mov.b64' has an element that is '%rs2' of type .b16, but must be 32 bits wide (.b32).")]
    [InlineData("frobnicate.s32 %r1, %r2;", "There is no instruction 'frobnicate'.")]
    [InlineData("add.q32 %r1, %r2, %r3;", "'.q32' cannot stand behind 'add'.")]
    [InlineData("bar;", "'bar' is not complete.")]
    public void Operands_that_do_not_fit_are_refused_with_a_reason(string statement, string reason)
    {
        LintFinding finding = Assert.Single(PtxText.Lint(statement).Refused);
        Assert.StartsWith(reason.TrimEnd('.'), finding.Reason, StringComparison.Ordinal);
        Assert.Equal((11, 1), (finding.Line, finding.Column));
        Assert.Equal(statement, finding.Text);
    }

    [Theory]
    [InlineData("div.ftz.rn.f32 %f1, %f2, %f3;")]
    [InlineData("ldmatrix.sync.aligned.x4.trans.m8n8.shared.b16 {%r1, %r2, %r3, %r4}, [%r5];")]
    [InlineData("atom.add.acq_rel.gpu.u64 %rd1, [%rd2], 1;")]
    [InlineData("atom.global.gpu.acq_rel.add.u32 %r1, [%rd2], 1;")]
    public void Modifiers_may_stand_in_any_order(string statement) => Assert.Empty(PtxText.Lint(statement).Refused);

    [Theory]
    [InlineData("cvt.f32.rn.s32 %f1, %r2;", true)]
    [InlineData("cvt.rn.s32.f32 %r1, %f2;", false)]
    [InlineData("mma.sync.aligned.m16n8k16.col.row.f32.f16.f16.f32 {%f1,%f2,%f3,%f4},{%r1,%r2,%r3,%r4},{%r6,%r7},{%f1,%f2,%f3,%f4};", false)]
    public void Types_and_layouts_may_not(string statement, bool taken) => Assert.Equal(taken, PtxText.Lint(statement).Accepted);
}
