using System.Text;

namespace GptSharp.Cuda.Tests;

/// <summary>A module with one kernel, written by hand: <c>y[i] += amount</c> for i below count.</summary>
internal static class SampleKernels
{
    /// <summary>Threads of a block that the kernel allows.</summary>
    public const int Threads = 64;

    private const string Body = """
        .version 7.0
        .address_size 64
        .visible .entry increase(.param .u64 y, .param .u32 count, .param .f32 amount)
        .maxntid 64, 1, 1
        {
            .reg .pred %p;
            .reg .f32 %f<3>;
            .reg .b32 %r<5>;
            .reg .b64 %rd<4>;
            mov.u32 %r0, %ctaid.x;
            mov.u32 %r1, %tid.x;
            mad.lo.u32 %r2, %r0, 64, %r1;
            ld.param.u32 %r3, [count];
            setp.ge.u32 %p, %r2, %r3;
            @%p ret;
            ld.param.u64 %rd0, [y];
            cvta.to.global.u64 %rd1, %rd0;
            mul.wide.u32 %rd2, %r2, 4;
            add.u64 %rd3, %rd1, %rd2;
            ld.param.f32 %f0, [amount];
            ld.global.f32 %f1, [%rd3];
            add.f32 %f2, %f1, %f0;
            st.global.f32 [%rd3], %f2;
            ret;
        }
        """;

    /// <summary>The module's text.</summary>
    public static byte[] Ptx(string target = "sm_70") =>
        Encoding.UTF8.GetBytes(Body.Replace(".address_size", $".target {target}\n.address_size", StringComparison.Ordinal));

    /// <summary>The parameters of <c>increase</c>.</summary>
    public static byte[] Parameters(ulong y, int count, float amount)
    {
        var bytes = new byte[16];
        Assert.Equal(16, KernelParameter.Pack([y, count, amount], bytes));
        return bytes;
    }

    /// <summary>A grid that reaches that many elements.</summary>
    public static LaunchShape Shape(int count) => new((count + Threads - 1) / Threads, Threads);
}
