using GptSharp.Ptx.Lint;

namespace GptSharp.Ptx.Tests.Lint;

/// <summary>Small programs around the statements that a test is about.</summary>
internal static class PtxText
{
    /// <summary>A kernel that holds some statements; the first of them stands on line 11.</summary>
    public static string Kernel(string statements, string version = "7.8", string target = "sm_90", string module = "") => $$"""
        .version {{version}}
        .target {{target}}
        .address_size 64
        {{module}}
        .global .align 16 .b8 buf[64];
        .shared .align 16 .b8 tile[64];
        .visible .entry kernel(.param .u64 source, .param .u32 count)
        {
        .reg .b32 %r<40>; .reg .b64 %rd<40>; .reg .b16 %rs<40>;
        .reg .f32 %f<40>; .reg .f64 %fd<40>; .reg .pred %p<8>;
        {{statements}}
        END:
        ret;
        }
        """;

    /// <summary>The report on a kernel that holds some statements.</summary>
    public static LintReport Lint(string statements, string version = "7.8", string target = "sm_90", string module = "") =>
        Linter.Lint(Kernel(statements, version, target, module));
}
