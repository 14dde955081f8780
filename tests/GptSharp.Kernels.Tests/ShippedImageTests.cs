using GptSharp.Ptx.Lint;
using GptSharp.Ptx.Syntax;
using GptSharp.Tensors.Backends.Cuda.Images;

namespace GptSharp.Kernels.Tests;

/// <summary>
/// The linter on everything that ships. It warns of local memory and generic accesses, calls that nothing resolves, scalars side by side in
/// shared memory, stores on which a late copy may land, divisions and roots in loops that are subroutines, and atomic sums of floats.
/// </summary>
public sealed class ShippedImageTests
{
    // Not a fault by itself: RegisterTests hold every kernel to a limit, or to the reason in its source.
    private const string ManyRegisters = "registers at once";

    // The lower rungs of a ladder are slow on purpose: a higher one cures it.
    private static readonly string[] SlowOnPurpose = ["side by side", "in a loop is a subroutine"];

    public static TheoryData<string, int> Images => new(
        from capability in KernelImages.Capabilities
        from name in KernelImages.Names(capability)
        select (name, capability));

    [Theory]
    [MemberData(nameof(Images))]
    public void The_linter_refuses_nothing_and_warns_of_nothing(string image, int capability)
    {
        ModuleSyntax module = Parser.Parse(KernelImages.ReadText(image, capability));
        LintReport report = Linter.Lint(module);

        Assert.Empty(report.Refused);
        Assert.DoesNotContain(report.Warnings, finding => !Allowed(image).Any(reason => finding.Reason.Contains(reason, StringComparison.Ordinal)));

        // A lambda that is called twice and not inlined is a function with a body, which the linter has nothing against.
        Assert.DoesNotContain(module.Functions, function => !function.IsEntry);
    }

    [Theory]
    [InlineData("ld.f32 %f1, [%rd1];")]
    [InlineData("st.local.f32 [depot], %f1;")]
    [InlineData("red.global.add.f32 [%rd1], %f1;")]
    [InlineData("LOOP: div.rn.f32 %f1, %f1, %f2; @%p1 bra LOOP;")]
    [InlineData("LOOP: sqrt.rn.f32 %f1, %f1; @%p1 bra LOOP;")]
    [InlineData("LOOP: rem.s64 %rd1, %rd1, %rd2; @%p1 bra LOOP;")]
    [InlineData("ld.shared.f32 %f1, [%r1]; ld.shared.f32 %f2, [%r1+4]; ld.shared.f32 %f1, [%r1+8]; ld.shared.f32 %f2, [%r1+12];")]
    [InlineData("LOOP: cp.async.cg.shared.global [%r1], [%rd1], 16; @%p1 bra LOOP; bar.sync 0; st.shared.f32 [%r1], %f1;")]
    public void A_kernel_with_a_fault_would_be_warned_of(string statements)
    {
        string text = $$"""
            .version 7.0
            .target sm_80
            .address_size 64
            .visible .entry faulty()
            {
            .reg .pred %p<3>; .reg .b32 %r<3>; .reg .f32 %f<3>; .reg .b64 %rd<3>;
            .local .align 4 .b8 depot[4];
            {{statements}}
            ret;
            }
            """;
        LintReport report = Linter.Lint(statements.Contains("depot", StringComparison.Ordinal) ? text : text.Replace(".local .align 4 .b8 depot[4];", "", StringComparison.Ordinal));

        Assert.Empty(report.Refused);
        Assert.NotEmpty(report.Warnings);
    }

    private static string[] Allowed(string image) =>
        image.StartsWith("ladder/", StringComparison.Ordinal) ? [ManyRegisters, .. SlowOnPurpose] : [ManyRegisters];
}
