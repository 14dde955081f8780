using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Execution;

public class CallTests
{
    private const string Square = """
        .func (.param .b32 r) square(.param .b32 x);
        .func (.param .b32 r) square(.param .b32 x)
        {
            .reg .b32 %r<3>;
            ld.param.b32 %r1, [x];
            mul.lo.u32 %r2, %r1, %r1;
            st.param.b32 [r+0], %r2;
            ret;
        }
        .func (.param .b32 r) twice(.param .b32 x)
        {
            .reg .b32 %r<3>;
            .reg .pred %p1;
            ld.param.b32 %r1, [x];
            setp.gt.u32 %p1, %r1, 20;
            add.u32 %r2, %r1, %r1;
            st.param.b32 [r+0], %r2;
            @%p1 ret;
            st.param.b32 [r+0], %r2;
            ret;
        }
        """;

    [Fact]
    public void A_function_gets_its_arguments_and_gives_its_result()
    {
        var snippet = new Snippet(
            """
            { // callseq 0
            .reg .b32 temp_param_reg;
            .param .b32 param0;
            st.param.b32 [param0+0], %r0;
            .param .b32 retval0;
            call.uni (retval0),
            square,
            (
            param0
            );
            ld.param.b32 %r1, [retval0+0];
            }
            { // the same names with other sizes
            .param .align 8 .b8 param0[8];
            st.param.b32 [param0+0], %r1;
            .param .b32 retval0;
            call.uni (retval0), twice, (param0);
            ld.param.b32 %r1, [retval0];
            }
            """,
            Square);
        Assert.Equal(Snippet.Each(t => 2 * t * t), snippet.Run());
    }

    [Fact]
    public void Structures_pass_by_value_in_bytes()
    {
        const string Module = """
            .func (.param .align 8 .b8 func_retval0[16]) swap(.param .align 8 .b8 p[16], .param .b64 add)
            {
                .reg .b64 %rd<8>; .reg .b32 %r<4>;
                ld.param.v2.b32 {%r1, %r2}, [p];
                ld.param.u64 %rd1, [p+8];
                ld.param.u64 %rd2, [add];
                add.s64 %rd3, %rd1, %rd2;
                st.param.b64 [func_retval0+0], %rd3;
                st.param.v2.b32 [func_retval0+8], {%r2, %r1};
                ret;
            }
            """;
        var snippet = new Snippet(
            """
            {
            .param .align 8 .b8 param0[16];
            .param .b64 param1;
            .param .align 8 .b8 retval0[16];
            add.u32 %r3, %r0, 1;
            st.param.v2.b32 [param0], {%r0, %r3};
            mov.u64 %d3, 1000;
            st.param.b64 [param0+8], %d3;
            st.param.b64 [param1], 10;
            call (retval0), swap, (param0, param1);
            ld.param.b64 %d4, [retval0];
            ld.param.v2.b32 {%r4, %r5}, [retval0+8];
            }
            cvt.u32.u64 %r6, %d4;
            mul.lo.u32 %r4, %r4, 10000;
            mad.lo.u32 %r1, %r5, 1000000, %r6;
            add.u32 %r1, %r1, %r4;
            """,
            Module);
        Assert.Equal(Snippet.Each(t => (t * 1000000) + 1010 + ((t + 1) * 10000)), snippet.Run());
    }

    [Fact]
    public void Lanes_may_call_different_functions_at_once()
    {
        const string Module = Square + """
            .global .align 8 .u64 table[3] = {square, twice, square};
            """;
        var snippet = new Snippet(
            """
            rem.u32 %r2, %r0, 3;
            mul.wide.u32 %d3, %r2, 8;
            mov.u64 %d4, table;
            add.s64 %d4, %d4, %d3;
            ld.global.u64 %d5, [%d4];
            {
            .param .b32 param0;
            st.param.b32 [param0+0], %r0;
            .param .b32 retval0;
            prototype_3 : .callprototype (.param .b32 _) _ (.param .b32 _);
            call (retval0), %d5, (param0), prototype_3;
            ld.param.b32 %r1, [retval0+0];
            }
            bar.warp.sync -1;
            """,
            Module);
        Assert.Equal(Snippet.Each(t => t % 3 == 1 ? 2 * t : t * t), snippet.Run());
    }

    [Fact]
    public void The_address_of_no_function_cannot_be_called()
    {
        var snippet = new Snippet("mov.u64 %d5, 4660; P: .callprototype _ (); call %d5, P;");
        Assert.Contains("0x1234", snippet.Fault().Message, StringComparison.Ordinal);
    }

    private const string Factorial = """
        .func (.param .b32 r) factorial(.param .b32 n)
        {
            .reg .b32 %r<6>; .reg .pred %p1;
            ld.param.b32 %r1, [n];
            mov.u32 %r4, 1;
            setp.le.u32 %p1, %r1, 1;
            @%p1 bra DONE;
            sub.u32 %r2, %r1, 1;
            {
            .param .b32 a; .param .b32 b;
            st.param.b32 [a], %r2;
            call (b), factorial, (a);
            ld.param.b32 %r3, [b];
            }
            mul.lo.u32 %r4, %r3, %r1;
            DONE:
            st.param.b32 [r], %r4;
            ret;
        }
        """;

    [Fact]
    public void Functions_may_call_themselves_in_some_lanes_only()
    {
        var snippet = new Snippet(
            """
            and.b32 %r2, %r0, 7;
            { .param .b32 a; .param .b32 b; st.param.b32 [a], %r2; call (b), factorial, (a); ld.param.b32 %r1, [b]; }
            """,
            Factorial);
        uint[] factorials = [1, 1, 2, 6, 24, 120, 720, 5040];
        Assert.Equal(Snippet.Each(t => factorials[t & 7]), snippet.Run());
    }

    [Fact]
    public void Endless_recursion_is_an_error_and_not_a_crash()
    {
        var snippet = new Snippet(
            "{ .param .b32 a; .param .b32 b; st.param.b32 [a], -1; call (b), factorial, (a); ld.param.b32 %r1, [b]; }", Factorial);
        Assert.Contains("nested too deeply", snippet.Fault().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_may_be_registers()
    {
        const string Module = """
            .func (.reg .u32 r, .reg .b64 s) both(.reg .u32 a, .reg .b64 b)
            {
                add.u32 r, a, 3;
                add.s64 s, b, 4;
                ret;
            }
            """;
        var snippet = new Snippet("call (%r1, %d4), both, (%r0, 38); cvt.u32.u64 %r2, %d4; mad.lo.u32 %r1, %r2, 100, %r1;", Module);
        Assert.Equal(Snippet.Each(t => 4200 + t + 3), snippet.Run());
    }

    [Fact]
    public void Vectors_of_registers_may_be_parameters_and_results()
    {
        const string Module = ".func (.reg .v2 .b32 r) turn(.reg .v2 .b32 a) { mov.b32 r.x, a.y; mov.b32 r.y, a.x; ret; }";
        var snippet = new Snippet(
            "{ .reg .v2 .b32 v, w; mov.v2.b32 v, {%r0, 5}; call (w), turn, (v); mad.lo.u32 %r1, w.x, 100, w.y; }", Module);
        Assert.Equal(Snippet.Each(t => 500 + t), snippet.Run());
    }

    [Fact]
    public void Threads_may_end_inside_a_function_and_wait_at_barriers_there()
    {
        const string Module = """
            .func leave(.param .b32 x)
            {
                .reg .b32 %r1; .reg .pred %p<3>;
                ld.param.b32 %r1, [x];
                setp.ge.u32 %p1, %r1, 40;
                @%p1 exit;
                setp.ge.u32 %p2, %r1, 32;
                @%p2 bra END;
                bar.sync 1, 32;
                END:
                ret;
            }
            """;
        var snippet = new Snippet(
            "{ .param .b32 a; st.param.b32 [a], %r0; call leave, (a); } bar.sync 0; mov.u32 %r1, 1;",
            Module);
        Assert.Equal(Snippet.Each(t => t < 40 ? 1u : 0, 64), snippet.Run(64));
    }

    [Fact]
    public void Local_memory_of_a_function_lies_behind_that_of_its_caller()
    {
        const string Module = """
            .func fill(.param .b64 p)
            {
                .local .align 8 .b8 depot[16];
                .reg .b64 %SP, %SPL, %rd<4>; .reg .b32 %r1;
                mov.u64 %SPL, depot;
                cvta.local.u64 %SP, %SPL;
                st.u32 [%SP+4], 77;
                ld.local.u32 %r1, [%SPL+4];
                ld.param.u64 %rd1, [p];
                st.u32 [%rd1], %r1;
                ret;
            }
            """;
        var snippet = new Snippet(
            """
            .local .align 8 .b8 mine[8];
            mov.u64 %d3, mine;
            st.local.u32 [%d3], 1;
            st.local.u32 [%d3+4], %r0;
            cvta.local.u64 %d4, %d3;
            { .param .b64 a; st.param.b64 [a], %d4; call fill, (a); }
            ld.local.v2.u32 {%r2, %r3}, [mine];
            mad.lo.u32 %r1, %r2, 1000, %r3;
            """,
            Module);
        Assert.Equal(Snippet.Each(t => 77000 + t), snippet.Run());
    }

    [Fact]
    public void A_function_that_the_file_does_not_define_fails_when_it_is_reached()
    {
        const string Module = ".extern .func __assertfail(.param .b32 a);\n.extern .func elsewhere;";
        Assert.Equal(Snippet.Each(t => 1), new Snippet("mov.u32 %r1, 1; setp.gt.u32 %p1, %r0, 99; @%p1 call elsewhere;", Module).Run());
        Finding undefined = new Snippet("setp.eq.u32 %p1, %r0, 5; @%p1 call elsewhere;", Module).Fault();
        Assert.Equal(5, undefined.Thread.X);
        Assert.Matches("^column [1-9][0-9]*: The function 'elsewhere' is not defined in this file\\.$", undefined.Message);
        Finding assertion = new Snippet("{ .param .b32 a; st.param.b32 [a], 1; call __assertfail, (a); }", Module).Fault();
        Assert.Contains("assertion", assertion.Message, StringComparison.Ordinal);
    }
}
