namespace GptSharp.Ptx.Tests.Execution;

public class MoveTests
{
    [Theory]
    [InlineData("mov.b64 %d3, {%r0, 7}; shr.u64 %d4, %d3, 32; cvt.u32.u64 %r2, %d4; cvt.u32.u64 %r3, %d3; mad.lo.u32 %r1, %r2, 100, %r3;", 700u)]
    [InlineData("mov.b64 %d3, {%r0, 7}; mov.b64 {%r3, %r2}, %d3; mad.lo.u32 %r1, %r2, 100, %r3;", 700u)]
    [InlineData("mov.b64 %d3, {%r0, 7}; mov.b64 {_, %r2}, %d3; add.u32 %r1, %r2, %r0;", 7u)]
    [InlineData("mov.b64 %d3, {%r0, 7}; mov.b64 {%h1, %h2, %h3, %h4}, %d3; cvt.u32.u16 %r2, %h3; cvt.u32.u16 %r3, %h1; mad.lo.u32 %r1, %r2, 100, %r3;", 700u)]
    [InlineData("cvt.u16.u32 %h1, %r0; mov.b32 %r2, {%h1, 3}; mov.b32 {%h3, %h4}, %r2; cvt.u32.u16 %r3, %h4; cvt.u32.u16 %r4, %h3; mad.lo.u32 %r1, %r3, 100, %r4;", 300u)]
    [InlineData("cvt.u16.u32 %h1, %r0; mov.u16 %h2, 2; mov.b64 %d3, {%h1, 5, %h2, 6}; shr.u64 %d3, %d3, 32; cvt.u32.u64 %r2, %d3; add.u32 %r1, %r2, %r0;", 0x60002u)]
    [InlineData("{ .reg .v2 .b16 v; mov.b32 v, 0x70000; cvt.u32.u16 %r2, v.y; cvt.u32.u16 %r3, v.x; add.u32 %r2, %r2, %r3; add.u32 %r1, %r2, %r0; }", 7u)]
    [InlineData("{ .reg .v2 .b32 v; mov.v2.b32 v, {%r0, 3}; add.u32 %r1, v.x, v.y; }", 3u)]
    [InlineData("{ .reg .v4 .b32 v; mov.b32 v.x, %r0; mov.b32 v.y, 5; add.u32 v.z, v.x, v.y; mov.b32 v.w, 0; add.u32 %r1, v.z, v.w; }", 5u)]
    public void Packing_and_unpacking_lose_nothing(string body, uint offset) =>
        Assert.Equal(Snippet.Each(t => t + offset), new Snippet(body).Run());

    [Fact]
    public void Parameters_and_elements_of_arrays_have_addresses()
    {
        var snippet = new Snippet(
            """
            mov.b64 %d3, in;
            ld.param.u64 %d4, [%d3];
            ld.global.u32 %r2, [%d4];
            cvta.param.u64 %d5, %d3;
            ld.u64 %d6, [%d5];
            ld.global.u32 %r3, [%d6+4];
            mov.u64 %d7, table[2];
            ld.global.u32 %r4, [%d7];
            ld.global.u32 %r5, table[1];
            mad.lo.u32 %r1, %r2, 1000, %r3;
            mad.lo.u32 %r1, %r4, 100, %r1;
            add.u32 %r1, %r1, %r5;
            """,
            ".global .u32 table[3] = {1, 2, 3};")
        {
            Input = [4, 50],
        };
        Assert.Equal(Snippet.Each(_ => 4000 + 50 + 300 + 2), snippet.Run());
    }

    [Fact]
    public void Vectors_move_at_once() =>
        Assert.Equal(
            Snippet.Each(t => 500 + t),
            new Snippet("{ .reg .v2 .b32 v; mov.v2.b32 v, {%r0, 5}; mov.v2.b32 v, {v.y, v.x}; mad.lo.u32 %r1, v.x, 100, v.y; }").Run());

    [Fact]
    public void Addresses_of_dynamic_shared_memory_lie_behind_the_static_ones()
    {
        var snippet = new Snippet(
            """
            mov.u32 %r2, dynamic;
            mov.u32 %r3, fixed;
            mov.u64 %d3, dynamic;
            cvt.u32.u64 %r4, %d3;
            sub.u32 %r5, %r2, %r3;
            setp.eq.u32 %p1, %r2, %r4;
            selp.u32 %r1, %r5, 0, %p1;
            """,
            ".extern .shared .align 32 .b8 dynamic[]; .shared .align 4 .b8 fixed[100];")
        {
            Options = new LaunchOptions { SharedBytes = 64 },
        };
        Assert.Equal(Snippet.Each(_ => 128), snippet.Run());
    }

    [Fact]
    public void Bits_of_literals_are_kept()
    {
        (string Move, uint Bits)[] cases =
        [
            ("mov.b32 %r1, -8388608;", 0xff800000), ("mov.b32 %r1, 0x3f803f80U;", 0x3f803f80), ("mov.b32 %r1, 0f7FC00001;", 0x7fc00001),
            ("mov.f32 %r1, 0f80000000;", 0x80000000), ("mov.u32 %r1, 1+2*3;", 7), ("mov.u32 %r1, (1<<4)|3;", 19), ("mov.s32 %r1, ~0;", uint.MaxValue),
            ("mov.f32 %r1, 1.5;", 0x3fc00000), ("mov.f32 %r1, 0d3FF8000000000000;", 0x3fc00000), ("mov.u32 %r1, WARP_SZ;", 32),
            ("mov.u32 %r1, 017;", 15), ("mov.u32 %r1, 0b101;", 5), ("mov.b32 %r1, -1;", uint.MaxValue),
            ("mov.b64 %d3, 0d3FF8000000000000; shr.u64 %d3, %d3, 32; cvt.u32.u64 %r1, %d3;", 0x3ff80000),
            ("mov.b16 %h1, 0xbf80; cvt.u32.u16 %r1, %h1;", 0xbf80),
        ];
        foreach ((string move, uint bits) in cases)
        {
            Assert.Equal((move, bits), (move, new Snippet(move).Run()[5]));
        }
    }

    [Fact]
    public void Registers_may_be_wider_than_the_type_of_a_conversion_or_load()
    {
        var snippet = new Snippet("""
            sub.s32 %r2, 5, %r0;
            cvt.s32.s8 %d3, %r2;
            cvt.s64.s32 %d3, %r2;
            ld.global.s8 %d4, [%d2];
            ld.global.u8 %r3, [%d2];
            add.s64 %d3, %d3, %d4;
            cvt.u32.u64 %r4, %d3;
            add.u32 %r1, %r4, %r3;
            """)
        {
            Input = [0xfe],
        };
        Assert.Equal(Snippet.Each(t => 5 - t - 2 + 254), snippet.Run());
    }

    [Fact]
    public void Special_registers_tell_the_place_of_a_thread()
    {
        var snippet = new Snippet("""
            mov.u32 %r2, %laneid;
            mov.u32 %r3, %warpid;
            mov.u32 %r4, %lanemask_lt;
            popc.b32 %r4, %r4;
            mov.u32 %r5, %nctaid.x;
            mov.u32 %r6, %lanemask_ge;
            popc.b32 %r6, %r6;
            add.u32 %r7, %r4, %r6;
            mad.lo.u32 %r1, %r3, 1000, %r2;
            mad.lo.u32 %r1, %r5, 100000, %r1;
            add.u32 %r1, %r1, %r7;
            mad.lo.u32 %r1, %nwarpid, 1000000, %r1;
            """);
        Assert.Equal(Snippet.Each(t => 2200032 + (t % 64 / 32 * 1000) + (t % 32), 128), snippet.Run(64, 2));
    }

    [Fact]
    public void Clocks_do_not_run_backwards()
    {
        var snippet = new Snippet("mov.u64 %d3, %clock64; add.u32 %r2, %r0, 1; bar.sync 0; mov.u64 %d4, %clock64; setp.gt.u64 %p1, %d4, %d3; selp.u32 %r1, 1, 0, %p1;");
        Assert.Equal(Snippet.Each(_ => 1), snippet.Run());
    }

    [Fact]
    public void Generic_addresses_reach_every_space()
    {
        var snippet = new Snippet(
            """
            .local .align 4 .b8 mine[4];
            mov.u64 %d3, box;
            cvta.shared.u64 %d3, %d3;
            mov.u64 %d4, mine;
            cvta.local.u64 %d4, %d4;
            cvta.global.u64 %d5, %d2;
            and.b32 %r2, %r0, 3;
            st.u32 [%d4], 300;
            setp.eq.u32 %p1, %r0, 0;
            @%p1 st.u32 [%d3], 100;
            bar.sync 0;
            setp.eq.u32 %p2, %r2, 1;
            setp.eq.u32 %p3, %r2, 2;
            selp.b64 %d6, %d4, %d3, %p2;
            selp.b64 %d6, %d5, %d6, %p3;
            ld.u32 %r1, [%d6];
            isspacep.shared %p4, %d6;
            isspacep.local %p5, %d6;
            isspacep.global %p6, %d6;
            @%p4 add.u32 %r1, %r1, 1;
            @%p5 add.u32 %r1, %r1, 2;
            @%p6 add.u32 %r1, %r1, 3;
            cvta.to.shared.u64 %d7, %d3;
            ld.shared.u32 %r5, [%d7];
            add.u32 %r1, %r1, %r5;
            """,
            ".shared .align 4 .b32 box;")
        {
            Input = [200],
        };
        Assert.Equal(Snippet.Each(t => (t & 3) switch { 1 => 402u, 2 => 303, _ => 201 }), snippet.Run());
    }
}
