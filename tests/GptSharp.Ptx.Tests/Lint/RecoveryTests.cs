using GptSharp.Ptx.Lint;
using Xunit;

namespace GptSharp.Ptx.Tests.Lint;

public sealed class RecoveryTests
{
    [Fact]
    public void What_compilers_write_is_taken_whole() =>
        Assert.Empty(Linter.Lint(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Lint", "compilers.ptx"))).Refused);

    [Fact]
    public void Every_refused_statement_is_reported_once_in_the_order_of_the_file()
    {
        LintReport report = PtxText.Lint(
            """
            add.s32 %r1, %r2, %r3;
              add.s32 %r1, %r2;
            mov.b32 %r1, %r2 %r3;
            @%p1 bra AWAY; mul.lo.s32 %r1, %r2, %rd3;
            add.s32 %r1, %nix, %nix2;
            ld.global.f32
                %f1, [%nix];
            sub.s32 %r1, %r2, %r3;
            """);
        Assert.Equal(
            [(12, 3), (13, 1), (14, 1), (14, 16), (15, 1), (16, 1)],
            report.Refused.Select(finding => (finding.Line, finding.Column)));
        Assert.Equal("ld.global.f32 %f1, [%nix];", report.Refused[^1].Text);
    }

    [Theory]
    [InlineData(")")]
    [InlineData("\"no end")]
    [InlineData("a label with blanks:")]
    [InlineData("add.s32 %r1, %r2")]
    [InlineData("add.s32 %r1, (")]
    public void A_line_that_is_no_statement_takes_no_other_with_it(string line)
    {
        LintReport report = PtxText.Lint($"bra THERE;\n{line}\nTHERE:\nadd.s32 %r1, %r2, %r3;\n{line}\n@%p1 bra THERE;\n{line}\nmul.lo.s32 %r1, %r2;");
        Assert.Equal([12, 15, 17, 18], report.Refused.Select(finding => finding.Line));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0")]
    [InlineData("not PTX at all")]
    [InlineData(".version 7.0\n.target sm_80\n.entry k() {")]
    [InlineData(".version 7.0\n.target sm_80\n.entry k() { add.s32 \"")]
    [InlineData(".version 7.0\n.target sm_80\n/* no end")]
    [InlineData(".version 7.0\n.target sm_80\n.entry k() { ld.shared.f32; }")]
    public void What_is_no_program_is_refused(string text)
    {
        LintReport report = Linter.Lint(text);
        Assert.NotEmpty(report.Refused);
        Assert.All(report.Refused, finding => Assert.True(finding.Line >= 1 && finding.Column >= 1 && finding.Reason.EndsWith('.')));
    }
}
