namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>What comparisons decide, on a kernel made for it.</summary>
public class ComparisonRolesTests
{
    private const string Text = """
        .version 7.0
        .target sm_80
        .address_size 64
        .visible .entry k(.param .u64 k_0, .param .u32 k_1)
        {
            .reg .pred %p<9>;
            .reg .b32 %r<9>;
            .reg .b64 %rd<3>;
            ld.param.u64 %rd1, [k_0];
            ld.param.u32 %r1, [k_1];
            mov.u32 %r2, %tid.x;
            setp.ge.s32 %p1, %r2, %r1;
            @%p1 bra $END;
            setp.lt.s32 %p2, %r2, 8;
            selp.b32 %r3, 16, 0, %p2;
            cp.async.cg.shared.global [%r4], [%rd1], 16, %r3;
            setp.lt.s32 %p3, %r2, 5;
            selp.b32 %r5, %r2, 0, %p3;
            setp.eq.s32 %p4, %r2, 3;
            setp.eq.s32 %p5, %r2, 4;
            or.pred %p6, %p4, %p5;
            @%p6 st.global.u32 [%rd1], %r5;
        $LOOP:
            add.s32 %r6, %r6, 1;
            setp.eq.s32 %p7, %r6, 7;
            @%p7 bra $SKIP;
            add.s32 %r5, %r5, 1;
        $SKIP:
            setp.lt.s32 %p8, %r6, %r1;
            @%p8 bra $LOOP;
            st.global.u32 [%rd1+4], %r5;
        $END:
            ret;
        }
        """;

    [Theory]
    [InlineData("%p1", ComparisonRole.Bounds)]
    [InlineData("%p2", ComparisonRole.Bounds)]
    [InlineData("%p3", ComparisonRole.Value)]
    [InlineData("%p4", ComparisonRole.Bounds)]
    [InlineData("%p5", ComparisonRole.Bounds)]
    [InlineData("%p7", ComparisonRole.Value)]
    [InlineData("%p8", ComparisonRole.Loop)]
    public void A_comparison_has_the_role_of_what_depends_on_it(string predicate, ComparisonRole role)
    {
        int line = Array.FindIndex(Text.Split('\n'), text => text.Contains("setp", StringComparison.Ordinal) && text.Contains(predicate, StringComparison.Ordinal)) + 1;
        Assert.Equal(role, ComparisonRoles.Of(PtxModule.Parse(Text).Kernels["k"].Syntax)[line]);
    }
}
