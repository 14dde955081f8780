using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Execution;

public class LaunchTests
{
    private const string Head = ".version 8.0\n.target sm_80\n.address_size 64\n";

    [Fact]
    public void Parameters_of_every_type_lie_where_their_alignment_puts_them()
    {
        const string Text = Head + """
            .visible .entry k(.param .u8 a, .param .u64 .ptr .global .align 4 out, .param .f32 b, .param .align 8 .b8 c[12], .param .s16 d, .param .f64 e)
            {
                .reg .b32 %r<9>; .reg .b64 %rd<3>; .reg .f32 %f<4>; .reg .f64 %e1;
                ld.param.u64 %rd1, [out];
                ld.param.u8 %r1, [a];
                st.global.u32 [%rd1], %r1;
                ld.param.f32 %f1, [b];
                st.global.f32 [%rd1+4], %f1;
                ld.param.s16 %r2, [d];
                st.global.u32 [%rd1+8], %r2;
                ld.param.f64 %e1, [e];
                cvt.rn.f32.f64 %f2, %e1;
                st.global.f32 [%rd1+12], %f2;
                ld.param.u16 %r3, [c+10];
                st.global.u32 [%rd1+16], %r3;
                ret;
            }
            """;
        using var memory = new DeviceMemory();
        DeviceBuffer output = memory.Allocate(20, "out");
        PtxModule module = PtxModule.Parse(Text);
        KernelArgument structure = new byte[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x34, 0x12 };
        module.Launch("k", new Dimensions(1), new Dimensions(1), [(byte)200, output, 1.5f, structure, (short)-2, 2.5], memory);
        Assert.Equal([200u, 0x3fc00000, 0xfffffffe, 0x40200000, 0x1234], output.Read<uint>());
        Assert.Equal([0, 8, 16, 24, 36, 40], module.Kernels["k"].Parameters.Select(parameter => parameter.Offset));
        PtxException few = Assert.Throws<PtxException>(() => module.Launch("k", new Dimensions(1), new Dimensions(1), [1], memory));
        Assert.Equal("The kernel k takes 6 arguments, not 1.", few.Message);
        PtxException size = Assert.Throws<PtxException>(() => module.Launch("k", new Dimensions(1), new Dimensions(1), [1, 1, 1, 1, 1, 1], memory));
        Assert.Contains("Argument 0", size.Message, StringComparison.Ordinal);
        Assert.Contains("it has k", Assert.Throws<PtxException>(() => module.Launch("q", new Dimensions(1), new Dimensions(1), [], memory)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Packed_parameters_and_unloading_serve_drivers()
    {
        const string Text = Head + """
            .visible .global .align 4 .u32 sum = 10;
            .visible .entry k(.param .u8 a, .param .u32 b)
            {
                .reg .b32 %r<4>;
                ld.param.u8 %r1, [a];
                ld.param.u32 %r2, [b];
                mad.lo.u32 %r1, %r1, 100, %r2;
                ld.global.u32 %r3, [sum];
                add.u32 %r3, %r3, %r1;
                st.global.u32 [sum], %r3;
                ret;
            }
            """;
        using var memory = new DeviceMemory();
        PtxModule module = PtxModule.Parse(Text);
        PtxKernel kernel = module.Kernels["k"];
        byte[] parameters = [3, 0, 0, 0, 7, 0, 0, 0];
        module.Launch(kernel, new Dimensions(1), new Dimensions(1), parameters, memory);
        module.Launch(kernel, new Dimensions(1), new Dimensions(1), parameters, memory);
        Assert.Equal([624u], module.Variable("sum", memory)!.Read<uint>());
        module.Unload(memory);
        Assert.Empty(memory.Buffers);
        Assert.Equal([10u], module.Variable("sum", memory)!.Read<uint>());
        Assert.Contains("takes 8 bytes", Assert.Throws<PtxException>(() => module.Launch(kernel, new Dimensions(1), new Dimensions(1), parameters.AsSpan(1), memory)).Message, StringComparison.Ordinal);
        PtxException shared = Assert.Throws<PtxException>(() => module.Launch(kernel, new Dimensions(1), new Dimensions(1), parameters, memory, new LaunchOptions { SharedBytes = 300_000 }));
        Assert.Contains("300000 bytes of shared memory", shared.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_start_as_their_initialisers_say()
    {
        const string Text = Head + """
            .visible .global .align 4 .u32 list[6] = {1, 2, 0x30, -1};
            .const .align 8 .f64 pi = 0d400921FB54442D18;
            .global .align 1 .b8 $str[4] = {104, 105};
            .global .align 8 .u64 pointer = generic(list)+8;
            .global .align 2 .u16 grid[2][3] = {{1, 2}, {4, 5, 6}};
            .global .f32 half = 0.5;
            .global .align 4 .u32 counter;
            .visible .entry k()
            {
                .reg .b32 %r<3>; .reg .b64 %rd<3>;
                ld.global.u64 %rd1, [pointer];
                ld.u32 %r1, [%rd1];
                st.global.u32 [counter], %r1;
                ret;
            }
            """;
        using var memory = new DeviceMemory();
        PtxModule module = PtxModule.Parse(Text);
        module.Launch("k", new Dimensions(1), new Dimensions(1), [], memory);
        Assert.Equal([0x30u], module.Variable("counter", memory)!.Read<uint>());
        Assert.Equal([1u, 2, 0x30, uint.MaxValue, 0, 0], module.Variable("list", memory)!.Read<uint>());
        Assert.Equal([Math.PI], module.Variable("pi", memory)!.Read<double>());
        Assert.Equal("hi\0\0"u8.ToArray(), module.Variable("$str", memory)!.Read<byte>());
        Assert.Equal([1, 2, 0, 4, 5, 6], module.Variable("grid", memory)!.Read<ushort>());
        Assert.Equal([0.5f], module.Variable("half", memory)!.Read<float>());
        Assert.Null(module.Variable("nothing", memory));
    }

    [Theory]
    [InlineData(".reqntid 64", 32, "requires blocks of (64,1,1)")]
    [InlineData(".maxntid 64, 1, 1", 96, "at most 64 threads")]
    [InlineData(".maxntid 64, 1, 1", 64, null)]
    [InlineData(".minnctapersm 2", 1024, null)]
    [InlineData("", 1025, "1 to 1024 threads")]
    public void A_block_must_fit_what_the_kernel_declares(string directive, int threads, string? message)
    {
        PtxModule module = PtxModule.Parse($"{Head}.visible .entry k() {directive} {{ ret; }}");
        using var memory = new DeviceMemory();
        Exception? error = Record.Exception(() => module.Launch("k", new Dimensions(1), new Dimensions(threads), [], memory));
        if (message is null)
        {
            Assert.Null(error);
        }
        else
        {
            Assert.Contains(message, Assert.IsType<PtxException>(error).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_statement_that_is_not_emulated_fails_only_when_it_is_reached()
    {
        const string Body = "mov.u32 %r1, 3; setp.gt.u32 %p1, %r0, {0}; @%p1 wgmma.fence.sync.aligned; mbarrier.init.shared.b64 [%r1], 1;";
        Finding finding = new Snippet(Body.Replace("{0}", "20", StringComparison.Ordinal)).Fault();
        Assert.Equal((FindingKind.Unsupported, 21), (finding.Kind, finding.Thread.X));
        Assert.Matches("^column [1-9][0-9]*: wgmma is not emulated yet\\.$", finding.Message);
        Assert.Contains("wgmma.fence.sync.aligned;", finding.Statement, StringComparison.Ordinal);
        Assert.Equal(Snippet.Each(_ => 3), new Snippet(Body.Replace("{0}", "99", StringComparison.Ordinal).Replace("mbarrier", "@%p1 mbarrier", StringComparison.Ordinal)).Run());
    }

    [Theory]
    [InlineData("div.u32 %r1, %r0, %r2;")]
    [InlineData("rem.s32 %r1, %r0, %r2;")]
    [InlineData("cvt.u64.u32 %d3, %r2; div.s64 %d4, %d2, %d3;")]
    public void A_division_by_zero_is_an_error(string division)
    {
        Finding finding = new Snippet("sub.u32 %r2, %r0, 9; " + division).Fault();
        Assert.Equal((FindingKind.Division, 9), (finding.Kind, finding.Thread.X));
        Assert.Equal(32, new Snippet("setp.eq.u32 %p1, %r0, 9; sub.u32 %r2, %r0, 9; @!%p1 div.u32 %r1, %r0, %r2;").Run().Length);
    }

    [Fact]
    public void An_endless_loop_ends_at_the_step_limit()
    {
        Finding finding = new Snippet("LOOP: add.u32 %r1, %r1, 1; bra LOOP;").Fault();
        Assert.Equal(FindingKind.EndlessLoop, finding.Kind);
    }

    [Fact]
    public void A_warp_that_polls_lets_the_others_run()
    {
        var snippet = new Snippet(
            """
            setp.lt.u32 %p1, %r0, 32;
            @%p1 bra POLL;
            st.volatile.shared.u32 [flag], 5;
            bra END;
            POLL:
            ld.volatile.shared.u32 %r1, [flag];
            setp.ne.u32 %p2, %r1, 5;
            @%p2 bra POLL;
            END:
            """,
            ".shared .align 4 .u32 flag;")
        {
            Options = new LaunchOptions { Workers = 1, Checks = Checks.All & ~Checks.Initialised },
        };
        Assert.Equal(Snippet.Each(t => t < 32 ? 5u : 0, 64), snippet.Run(64));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(5)]
    public void Blocks_may_wait_for_each_other(int? seed)
    {
        // A barrier of the whole grid: every block adds one and waits for all.
        var snippet = new Snippet(
            """
            setp.ne.u32 %p1, %r52, 0;
            @%p1 bra WAIT;
            atom.global.add.u32 %r2, [%d2], 1;
            POLL:
            ld.volatile.global.u32 %r3, [%d2];
            setp.lt.u32 %p2, %r3, 3;
            @%p2 bra POLL;
            WAIT:
            bar.sync 0;
            ld.volatile.global.u32 %r1, [%d2];
            """)
        {
            Options = new LaunchOptions { Checks = Checks.None, ShuffleSeed = seed },
        };
        Assert.Equal(Snippet.Each(_ => 3, 3 * 64), snippet.Run(64, 3));
    }

    [Fact]
    public void Findings_may_be_collected()
    {
        var snippet = new Snippet("sub.u32 %r2, %r0, 9; div.u32 %r1, %r0, %r2; rem.u32 %r3, %r0, %r2; trap;")
        {
            Options = new LaunchOptions { FindingLimit = 100, Workers = 2 },
        };
        snippet.Run(32, 3);
        Assert.Equal(
            [(FindingKind.Division, 0), (FindingKind.Division, 0), (FindingKind.Trap, 0)],
            snippet.Report!.Findings.Select(finding => (finding.Kind, finding.Block.X)));
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(3, 11)]
    [InlineData(1, 12)]
    public void The_lowest_block_with_a_fault_is_told_and_results_do_not_depend_on_the_order(int workers, int? seed)
    {
        var options = new LaunchOptions { Workers = workers, ShuffleSeed = seed };
        var good = new Snippet("mul.lo.u32 %r2, %r0, 7; bar.sync 0; xor.b32 %r1, %r2, 5;") { Options = options };
        Assert.Equal(Snippet.Each(t => (t * 7) ^ 5, 64 * 9), good.Run(64, 9));
        var bad = new Snippet("mov.u32 %r2, %ctaid.x; setp.ge.u32 %p1, %r2, 3; @%p1 trap;") { Options = options };
        Finding finding = bad.Fault(64, 9);
        Assert.Equal(FindingKind.Trap, finding.Kind);
        Assert.True(seed is not null || finding.Block.X == 3);
    }

    [Fact]
    public void Atomics_that_return_values_give_every_block_its_turn()
    {
        var snippet = new Snippet("setp.eq.u32 %p1, %r52, 0; @%p1 atom.global.add.u32 %r1, [%d2], 1;") { Input = [100], Options = new LaunchOptions { Workers = 4 } };
        uint[] results = snippet.Run(32, 8);
        Assert.Equal([100u, 101, 102, 103, 104, 105, 106, 107], Enumerable.Range(0, 8).Select(block => results[block * 32]));
    }

    [Fact]
    public void A_module_with_a_refused_statement_cannot_be_launched()
    {
        PtxException error = Assert.Throws<PtxException>(() => PtxModule.Parse(Head + ".visible .entry k() {\n  add.s32 %r1 %r2;\n ret; }"));
        Assert.StartsWith("line 5, column 3: add.s32 %r1 %r2;", error.Message, StringComparison.Ordinal);
    }
}
