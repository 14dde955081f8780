using GptSharp.Ptx.Lint;
using Xunit;

namespace GptSharp.Ptx.Tests.Lint;

public sealed class DeclarationTests
{
    [Theory]
    [InlineData(".reg .b32 %r5;", "'%r5' is declared twice in this scope.")]
    [InlineData(".reg .b32 a; .reg .b64 a;", "'a' is declared twice in this scope.")]
    [InlineData(".reg .b32 %x7; .reg .b32 %x<8>;", "Registers '%x<8>' are declared twice in this scope.")]
    [InlineData(".reg .f32 %r<3>;", "Registers '%r<3>' are declared twice in this scope.")]
    [InlineData("END: ", "The label 'END' stands twice in this scope.")]
    [InlineData(".reg .b32 %laneid;", "'%laneid' is the name of a special register.")]
    [InlineData(".reg .b128 %q;", "The type .b128 needs PTX 8.3 and sm_70; this file is for PTX 7.8 and sm_90.")]
    [InlineData(".shared .pred truth;", "'truth' is a predicate; only registers can be.")]
    [InlineData(".shared .b32 a[];", "The array 'a' has no length.")]
    public void A_wrong_declaration_is_refused(string statement, string reason) =>
        Assert.Equal(reason, Assert.Single(PtxText.Lint(statement).Refused).Reason);

    [Theory]
    [InlineData("{ .reg .f32 %r5; mov.f32 %r5, %f1; }")]
    [InlineData("{ .reg .pred t; } { .reg .b64 t; mov.u64 t, %rd1; }")]
    [InlineData(".reg .b32 %x8; .reg .b32 %x<8>;")]
    [InlineData(".reg .b32 %x07; .reg .b32 %x<8>;")]
    [InlineData("{ L: bra L; } { L: bra L; }")]
    [InlineData("bra INNER; { INNER: }")]
    public void Another_scope_may_use_a_name_again(string statement) => Assert.Empty(PtxText.Lint(statement).Refused);

    [Theory]
    [InlineData(".global .u32 twice; .global .u32 twice;", "'twice' is declared twice in this file.")]
    [InlineData(".func f() { ret; } .func f() { ret; }", "The function 'f' is defined twice in this file.")]
    [InlineData(".global .u32 few[2] = {1, 2, 3};", "'few' has 2 elements, but 3 values.")]
    [InlineData(".global .u64 table[1] = {nobody};", "'table' holds the address of 'nobody', which is not declared.")]
    [InlineData(".shared .u32 cold = 1;", "'cold' cannot have a value at the start; only variables in .global and .const can.")]
    [InlineData(".reg .b32 r;", "'r' cannot be declared outside of functions in this state space.")]
    [InlineData(".func g() .maxclusterrank 8 .oddity 3 { ret; }", "There is no directive '.oddity' for functions.")]
    public void A_wrong_declaration_of_the_module_is_refused(string module, string reason) =>
        Assert.Equal(reason, Assert.Single(PtxText.Lint("", module: module).Refused).Reason);

    [Theory]
    [InlineData(".extern .func f(.param .b32 a); .func f(.param .b32 a) { ret; }")]
    [InlineData(".func f(); .func f(); .func f() { ret; }")]
    [InlineData(".extern .global .u32 seen; .global .u32 seen;")]
    [InlineData(".global .align 4 .b8 text[4] = {72, 105}; .global .u64 where = generic(text)+1; .const .f64 pi = 0d400921FB54442D18;")]
    public void Prototypes_and_initial_values_are_taken(string module) => Assert.Empty(PtxText.Lint("", module: module).Refused);

    [Fact]
    public void A_declaration_is_quoted_whole_and_once()
    {
        LintReport report = PtxText.Lint("  .reg .b32 a, a, a;", module: ".shared .b32 x[4],\n  y[];");
        Assert.Equal(
            [(4, 1, ".shared .b32 x[4], y[];"), (12, 3, ".reg .b32 a, a, a;")],
            report.Refused.Select(finding => (finding.Line, finding.Column, finding.Text)));
    }

    [Theory]
    [InlineData("8.0", "sm_90", 4352, true)]
    [InlineData("8.0", "sm_90", 4353, false)]
    [InlineData("8.1", "sm_90", 32764, true)]
    [InlineData("8.1", "sm_90", 32765, false)]
    [InlineData("8.1", "sm_61", 4353, false)]
    public void A_kernel_has_room_for_so_many_bytes_of_parameters(string version, string target, int bytes, bool accepted) =>
        Assert.Equal(accepted, Linter.Lint($".version {version}\n.target {target}\n.entry k(.param .b8 p[{bytes}]) {{ ret; }}").Accepted);

    [Theory]
    [InlineData("mov.u32 %r1, other;", false)]
    [InlineData("mov.u32 %r1, %r2;", true)]
    public void Static_shared_memory_that_a_kernel_uses_ends_at_48_kilobytes(string statement, bool accepted)
    {
        const string Module = ".shared .b8 other[49100]; .extern .shared .b8 dynamic[];";
        LintReport report = PtxText.Lint(".shared .b8 own[100]; " + statement + " mov.u32 %r3, dynamic;", module: Module);
        Assert.Equal(accepted, report.Accepted);
        Assert.True(accepted || report.Refused[0].Reason == "'kernel' uses 49200 bytes of static shared memory; a block has 49152.");
    }

    [Fact]
    public void Calls_are_compared_with_the_function()
    {
        const string Module = ".func (.param .b32 out) f(.param .b32 a, .param .b32 b) { ret; } .extern .func away();";
        const string Parameters = "{ .param .b32 o; .param .b32 x; .param .b32 y; ";
        Assert.Empty(PtxText.Lint(Parameters + "call.uni (o), f, (x, y); }", module: Module).Refused);
        Assert.Equal("'f' takes 2 arguments, not 1.", Assert.Single(PtxText.Lint(Parameters + "call (o), f, (x); }", module: Module).Refused).Reason);
        Assert.Equal("'f' has 1 result, not 0.", Assert.Single(PtxText.Lint(Parameters + "call f, (x, y); }", module: Module).Refused).Reason);
        Assert.Equal("The argument 'z' is not declared.", Assert.Single(PtxText.Lint(Parameters + "call (o), f, (x, z); }", module: Module).Refused).Reason);
        Assert.Equal("The function 'g' is not declared.", Assert.Single(PtxText.Lint("call g;", module: Module).Refused).Reason);
        Assert.Equal("'kernel' is a kernel and cannot be called.", Assert.Single(PtxText.Lint("call kernel;", module: Module).Refused).Reason);
        LintReport report = PtxText.Lint("call away;", module: Module);
        Assert.Empty(report.Refused);
        Assert.Equal("The function 'away' has no body in this file; a linker must supply it.", Assert.Single(report.Warnings).Reason);
    }

    [Fact]
    public void Indirect_calls_and_jumps_find_their_lists()
    {
        const string Module = ".func f(.param .b32 a) { ret; }";
        Assert.Empty(PtxText.Lint("{ .param .b32 x; P : .callprototype _ (.param .b32 _); call %rd1, (x), P; }", module: Module).Refused);
        Assert.Empty(PtxText.Lint("T: .branchtargets END, MORE; brx.idx %r1, T; MORE:").Refused);
        Assert.Equal("The target 'GONE' is no label that is declared.", Assert.Single(PtxText.Lint("T: .branchtargets END, GONE; brx.idx %r1, T;").Refused).Reason);
        Assert.Equal(
            "An indirect call needs a .callprototype, .calltargets or a table of functions as its last operand.",
            Assert.Single(PtxText.Lint("{ .param .b32 x; call %rd1, (x); }").Refused).Reason);
    }
}
