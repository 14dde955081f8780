using GptSharp.Ptx.Lint;
using Xunit;

namespace GptSharp.Ptx.Tests.Lint;

public sealed class TargetTests
{
    [Theory]
    [InlineData("7.8", "sm_90", true)]
    [InlineData("7.7", "sm_90", false)]
    [InlineData("8.0", "sm_90a", true)]
    [InlineData("7.8", "sm_90a", false)]
    [InlineData("9.0", "sm_100f", true)]
    [InlineData("9.4", "sm_100a", true)]
    [InlineData("7.8", "sm_81", false)]
    [InlineData("7.8", "sm_80, debug", true)]
    [InlineData("7.8", "debug", false)]
    [InlineData("12.0", "sm_90", false)]
    public void Version_and_target_must_be_known_and_fit(string version, string target, bool accepted) =>
        Assert.Equal(accepted, PtxText.Lint("", version, target).Accepted);

    [Theory]
    [InlineData("tcgen05.wait::ld.sync.aligned;", "8.6", "sm_100a", true)]
    [InlineData("tcgen05.wait::ld.sync.aligned;", "8.6", "sm_100", false)]
    [InlineData("tcgen05.wait::ld.sync.aligned;", "8.8", "sm_100f", true)]
    [InlineData("tcgen05.wait::ld.sync.aligned;", "8.8", "sm_103a", true)]
    [InlineData("tcgen05.wait::ld.sync.aligned;", "9.0", "sm_110a", true)]
    [InlineData("tcgen05.wait::ld.sync.aligned;", "8.8", "sm_120a", false)]
    [InlineData("setmaxnreg.inc.sync.aligned.u32 64;", "8.0", "sm_90a", true)]
    [InlineData("setmaxnreg.inc.sync.aligned.u32 64;", "8.0", "sm_90", false)]
    [InlineData("setmaxnreg.inc.sync.aligned.u32 64;", "8.7", "sm_120a", true)]
    [InlineData("vote.any.pred %p1, %p2;", "6.3", "sm_70", true)]
    [InlineData("vote.any.pred %p1, %p2;", "6.4", "sm_60", true)]
    [InlineData("vote.any.pred %p1, %p2;", "6.4", "sm_70", false)]
    public void A_letter_ties_a_form_to_one_gpu_or_family_and_some_forms_end(string statement, string version, string target, bool accepted) =>
        Assert.Equal(accepted, PtxText.Lint(statement, version, target).Accepted);

    [Fact]
    public void A_file_without_version_or_target_says_so_once()
    {
        LintFinding noTarget = Assert.Single(Linter.Lint(".version 7.0\n.entry k() { ret; }").Refused);
        Assert.Equal("The file names no GPU: '.target sm_80' or another was expected behind '.version'.", noTarget.Reason);
        LintFinding noVersion = Assert.Single(Linter.Lint(".target sm_80\n.entry k() { ret; }").Refused);
        Assert.Equal("The file has no '.version': it must be the first statement.", noVersion.Reason);
    }

    [Fact]
    public void Addresses_are_as_wide_as_the_file_says()
    {
        Assert.Empty(Linter.Lint(".version 7.0 .target sm_52 .address_size 32 .entry k() { .reg .b32 %r<3>; cvta.global.u32 %r1, %r2; }").Refused);
        Assert.Equal("'cvta.global.u32' needs addresses of 32 bits; this file is for PTX 7.8 and sm_90.", Assert.Single(PtxText.Lint("cvta.global.u32 %r1, %r2;").Refused).Reason);
    }
}
