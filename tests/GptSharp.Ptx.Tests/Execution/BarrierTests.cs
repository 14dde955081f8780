using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Execution;

public class BarrierTests
{
    private const string Shared = ".shared .align 16 .b8 box[4096];";

    [Fact]
    public void A_barrier_makes_what_one_warp_stored_visible_to_the_others()
    {
        var snippet = new Snippet(
            """
            mov.u32 %r3, box;
            shl.b32 %r4, %r0, 2;
            add.u32 %r4, %r3, %r4;
            st.shared.u32 [%r4], %r0;
            bar.sync 0;
            sub.u32 %r5, 127, %r0;
            shl.b32 %r5, %r5, 2;
            add.u32 %r5, %r3, %r5;
            ld.shared.u32 %r1, [%r5];
            """,
            Shared);
        Assert.Equal(Snippet.Each(t => 127 - t, 128), snippet.Run(128));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_producer_arrives_and_a_consumer_waits(int? seed)
    {
        // Warp 0 fills the box ten times, warp 1 empties it: barrier 1 says "full", barrier 2 says "empty".
        var snippet = new Snippet(
            """
            mov.u32 %r3, box;
            shl.b32 %r4, %r0, 2;
            and.b32 %r4, %r4, 127;
            add.u32 %r4, %r3, %r4;
            mov.u32 %r5, 0;
            mov.u32 %r9, 64;
            setp.ge.u32 %p1, %r0, 32;
            @%p1 bra CONSUMER;
            PRODUCER:
            setp.eq.u32 %p2, %r5, 0;
            @%p2 bra FILL;
            bar.sync 2, 64;
            FILL:
            mad.lo.u32 %r6, %r5, 100, %r0;
            st.shared.u32 [%r4], %r6;
            membar.cta;
            bar.arrive 1, %r9;
            add.u32 %r5, %r5, 1;
            setp.lt.u32 %p3, %r5, 10;
            @%p3 bra PRODUCER;
            bra END;
            CONSUMER:
            bar.sync 1, 64;
            ld.shared.u32 %r6, [%r4];
            add.u32 %r1, %r1, %r6;
            add.u32 %r5, %r5, 1;
            setp.eq.u32 %p3, %r5, 10;
            @%p3 bra END;
            bar.arrive 2, 64;
            bra CONSUMER;
            END:
            """,
            Shared)
        {
            Options = new LaunchOptions { Workers = 1, ShuffleSeed = seed },
        };
        Assert.Equal(Snippet.Each(t => t < 32 ? 0 : 4500 + (10 * (t - 32)), 64), snippet.Run(64));
    }

    [Fact]
    public void Reductions_at_barriers_count_all_threads_of_the_block()
    {
        var snippet = new Snippet("""
            setp.lt.u32 %p1, %r0, 37;
            bar.red.popc.u32 %r2, 0, %p1;
            bar.red.and.pred %p2, 0, %p1;
            bar.red.or.pred %p3, 0, !%p1;
            setp.lt.u32 %p4, %r0, 1000;
            bar.red.and.pred %p5, 1, 96, %p4;
            selp.u32 %r3, 100, 0, %p2;
            selp.u32 %r4, 1000, 0, %p3;
            selp.u32 %r5, 10000, 0, %p5;
            add.u32 %r1, %r2, %r3;
            add.u32 %r1, %r1, %r4;
            add.u32 %r1, %r1, %r5;
            """);
        Assert.Equal(Snippet.Each(t => 11037, 96), snippet.Run(96));
    }

    [Fact]
    public void An_unaligned_barrier_may_be_reached_from_both_sides_of_a_branch()
    {
        var snippet = new Snippet(
            """
            mov.u32 %r3, box;
            shl.b32 %r4, %r0, 2;
            add.u32 %r4, %r3, %r4;
            st.shared.u32 [%r4], %r0;
            and.b32 %r5, %r0, 1;
            setp.eq.u32 %p1, %r5, 1;
            @%p1 bra ODD;
            barrier.sync 0;
            ld.shared.u32 %r1, [%r4+4];
            bra END;
            ODD:
            barrier.sync 0;
            ld.shared.u32 %r1, [%r4+-4];
            END:
            """,
            Shared);
        Assert.Equal(Snippet.Each(t => t ^ 1, 64), snippet.Run(64));
    }

    [Fact]
    public void An_aligned_barrier_that_half_a_warp_reaches_is_an_error()
    {
        var snippet = new Snippet("""
            setp.lt.u32 %p1, %r0, 40;
            @%p1 bra THERE;
            bar.sync 0;
            THERE:
            """);
        Finding finding = snippet.Fault(64);
        Assert.Equal((FindingKind.Barrier, new Dimensions(40, 0, 0), "bar.sync 0;"), (finding.Kind, finding.Thread, finding.Statement));
        Assert.Contains("lane 0 is elsewhere", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_guarded_barrier_that_half_a_warp_skips_is_an_error()
    {
        var snippet = new Snippet("setp.lt.u32 %p1, %r0, 7; @%p1 bar.sync 0;");
        Assert.Equal(FindingKind.Barrier, snippet.Fault().Kind);
        Assert.Equal(Snippet.Each(_ => 0), new Snippet("setp.lt.u32 %p1, %r0, 99; @%p1 bar.sync 0; @!%p1 bar.sync 1;").Run());
    }

    [Theory]
    [InlineData("bar.sync 1, 96;", "64 threads have come, and 96 threads are awaited")]
    [InlineData("setp.lt.u32 %p1, %r0, 32; @%p1 bar.sync 3;", "all threads of the block are awaited")]
    [InlineData("bar.sync 1, 40;", "multiple of 32")]
    [InlineData("mov.u32 %r2, 16; bar.sync %r2;", "a block has 16")]
    [InlineData("setp.lt.u32 %p1, %r0, 32; @%p1 bra A; bar.sync 1, 64; bra B; A: bar.sync 1; B:", "where others wait")]
    [InlineData("bar.sync %r0;", "different values")]
    public void Barriers_that_cannot_complete_are_errors(string body, string message)
    {
        // The warp that does not come must not end either: it waits at another barrier.
        Finding finding = new Snippet(body + " bar.sync 5;").Fault(64);
        Assert.Equal(FindingKind.Barrier, finding.Kind);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_warp_that_ended_is_not_awaited_by_a_barrier_for_all()
    {
        var snippet = new Snippet("setp.lt.u32 %p1, %r0, 32; @%p1 exit; bar.sync 0; mov.u32 %r1, 1;");
        Assert.Equal(Snippet.Each(t => t < 32 ? 0u : 1, 96), snippet.Run(96));
    }

    [Fact]
    public void A_reduction_within_a_warp_needs_no_more_than_warp_barriers()
    {
        var snippet = new Snippet(
            """
            mov.u32 %r3, box;
            shl.b32 %r4, %r0, 2;
            add.u32 %r4, %r3, %r4;
            st.shared.u32 [%r4], %r0;
            mov.u32 %r5, 16;
            LOOP:
            bar.warp.sync -1;
            setp.lt.u32 %p1, %r0, %r5;
            @!%p1 bra SKIP;
            shl.b32 %r6, %r5, 2;
            add.u32 %r6, %r4, %r6;
            ld.shared.u32 %r7, [%r6];
            ld.shared.u32 %r8, [%r4];
            add.u32 %r7, %r7, %r8;
            st.shared.u32 [%r4], %r7;
            SKIP:
            shr.u32 %r5, %r5, 1;
            setp.gt.u32 %p2, %r5, 0;
            @%p2 bra LOOP;
            bar.warp.sync -1;
            ld.shared.u32 %r1, [box];
            """,
            Shared);
        Assert.Equal(Snippet.Each(_ => 496), snippet.Run());
    }

    [Fact]
    public void Lanes_may_come_to_a_warp_barrier_from_both_sides()
    {
        var snippet = new Snippet(
            """
            mov.u32 %r3, box;
            shl.b32 %r4, %r0, 2;
            add.u32 %r4, %r3, %r4;
            setp.lt.u32 %p1, %r0, 16;
            @%p1 bra LOW;
            st.shared.u32 [%r4], %r0;
            bar.warp.sync -1;
            bra END;
            LOW:
            bar.warp.sync -1;
            ld.shared.u32 %r1, [%r4+64];
            END:
            """,
            Shared);
        Assert.Equal(Snippet.Each(t => t < 16 ? t + 16 : 0), snippet.Run());
    }

    [Fact]
    public void A_warp_barrier_to_which_named_lanes_never_come_is_an_error()
    {
        var snippet = new Snippet("setp.lt.u32 %p1, %r0, 16; @%p1 bra END; bar.warp.sync -1; END: bar.sync 0;");
        Assert.Contains(snippet.Fault().Kind, new[] { FindingKind.Synchronisation, FindingKind.Barrier });
    }
}
