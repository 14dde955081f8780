using GptSharp.Ptx.Lint;
using GptSharp.Ptx.Tests.Kernels;
using Xunit;

namespace GptSharp.Ptx.Tests.Lint;

/// <summary>The linter on what clang writes for the sample kernels, for sm_80 and PTX 7.0.</summary>
public sealed class KernelLintTests
{
    public static TheoryData<string> Files => new(Directory.GetFiles(KernelSources.Folder, "*.cu", SearchOption.AllDirectories)
        .Select(file => Path.ChangeExtension(Path.GetRelativePath(KernelSources.Folder, file), null))
        .Where(file => file != "probe")
        .Order(StringComparer.Ordinal));

    // Those with divisions and roots in loops, and with atomic sums.
    private static readonly string[] SlowKernels = ["elem", "norms"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_sample_kernel_is_accepted_and_none_reuses_memory_too_early(string file)
    {
        LintReport report = Linter.Lint(KernelSources.Ptx(file));
        Assert.Empty(report.Refused);
        Assert.DoesNotContain(
            report.Warnings, finding => !finding.Reason.Contains("registers at once", StringComparison.Ordinal) && !SlowKernels.Contains(file));
    }

    [Fact]
    public void What_the_samples_do_slowly_or_in_any_order_is_found() => Assert.Equal(
        [
            "elem div.rn.f32", "elem div.s64", "elem sqrt.rn.f32",
            "norms atom.global.add.f32", "norms div.rn.f32",
        ],
        SlowKernels.SelectMany(file => Linter.Lint(KernelSources.Ptx(file)).Warnings.Select(finding => $"{file} {finding.Text.Split()[0]}")).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Of_the_catalogue_of_forms_exactly_the_two_that_are_too_new_are_refused() => Assert.Equal(
        ["red.global.add.noftz.bf16x2 [%rd2],%r1;", "ld.global.L1::no_allocate.L2::128B.f32 %f2,[%rd1];"],
        Linter.Lint(KernelSources.Ptx("probe")).Refused.Select(finding => finding.Text));
}
