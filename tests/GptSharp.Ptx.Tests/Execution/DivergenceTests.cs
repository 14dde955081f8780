namespace GptSharp.Ptx.Tests.Execution;

public class DivergenceTests
{
    [Fact]
    public void Both_sides_of_a_branch_run_and_meet_again()
    {
        var snippet = new Snippet("""
            setp.lt.u32 %p1, %r0, 10;
            @%p1 bra LOW;
            mov.u32 %r1, 200;
            bra.uni MEET;
            LOW:
            mov.u32 %r1, 100;
            MEET:
            shfl.sync.idx.b32 %r2, %r1, 31, 31, -1;
            add.u32 %r1, %r1, %r2;
            """);
        Assert.Equal(Snippet.Each(t => (t < 10 ? 100u : 200) + 200), snippet.Run());
    }

    [Fact]
    public void Each_lane_leaves_a_loop_after_its_own_number_of_turns()
    {
        var snippet = new Snippet("""
            mov.u32 %r2, 0;
            LOOP:
            add.u32 %r1, %r1, %r2;
            add.u32 %r2, %r2, 1;
            setp.le.u32 %p1, %r2, %r0;
            @%p1 bra LOOP;
            bar.warp.sync -1;
            """);
        Assert.Equal(Snippet.Each(t => t * (t + 1) / 2), snippet.Run());
    }

    [Fact]
    public void Nested_loops_with_breaks_meet_where_each_loop_ends()
    {
        // for (i = 0; i < 8; i++) { for (j = 0; ; j++) { if (j == (t & 3)) break; r += 1; } shfl; r += 100 * (i == t) }
        var snippet = new Snippet("""
            and.b32 %r5, %r0, 3;
            mov.u32 %r2, 0;
            OUTER:
            mov.u32 %r3, 0;
            INNER:
            setp.eq.u32 %p1, %r3, %r5;
            @%p1 bra BREAK;
            add.u32 %r1, %r1, 1;
            add.u32 %r3, %r3, 1;
            bra INNER;
            BREAK:
            vote.sync.ballot.b32 %r6, %p1, -1;
            setp.ne.u32 %p2, %r6, -1;
            @%p2 add.u32 %r1, %r1, 10000;
            setp.eq.u32 %p3, %r2, %r0;
            @%p3 add.u32 %r1, %r1, 100;
            add.u32 %r2, %r2, 1;
            setp.lt.u32 %p4, %r2, 8;
            @%p4 bra OUTER;
            """);
        Assert.Equal(Snippet.Each(t => (8 * (t & 3)) + (t < 8 ? 100u : 0)), snippet.Run());
    }

    [Fact]
    public void A_block_where_sides_meet_may_stand_before_the_blocks_that_jump_back_to_it()
    {
        var snippet = new Snippet("""
            mov.u32 %r2, 0;
            bra ENTER;
            MEET:
            vote.sync.ballot.b32 %r6, 1, -1;
            setp.ne.u32 %p2, %r6, -1;
            @%p2 add.u32 %r1, %r1, 1000;
            add.u32 %r2, %r2, 1;
            setp.eq.u32 %p1, %r2, 3;
            @%p1 bra DONE;
            ENTER:
            and.b32 %r3, %r0, 1;
            setp.eq.u32 %p3, %r3, 0;
            @%p3 bra EVEN;
            add.u32 %r1, %r1, 1;
            bra MEET;
            EVEN:
            add.u32 %r1, %r1, 2;
            bra MEET;
            DONE:
            """);
        Assert.Equal(Snippet.Each(t => t % 2 == 0 ? 6u : 3), snippet.Run());
    }

    [Theory]
    [InlineData("")]
    [InlineData("@%p5")]
    public void An_indexed_branch_sends_lanes_to_many_targets_at_once(string guard)
    {
        var snippet = new Snippet($$"""
            setp.lt.u32 %p5, %r0, 16;
            and.b32 %r2, %r0, 3;
            TABLE: .branchtargets A, B,
                C, D;
            {{guard}} brx.idx %r2, TABLE;
            add.u32 %r1, %r1, 5;
            bra MEET;
            A: add.u32 %r1, %r1, 10; bra MEET;
            B: add.u32 %r1, %r1, 20; bra MEET;
            C: add.u32 %r1, %r1, 30;
            D: add.u32 %r1, %r1, 40; bra MEET;
            MEET:
            vote.sync.ballot.b32 %r6, 1, -1;
            setp.ne.u32 %p2, %r6, -1;
            @%p2 add.u32 %r1, %r1, 1000;
            """);
        uint[] expected = [10, 20, 70, 40];
        Assert.Equal(Snippet.Each(t => guard.Length > 0 && t >= 16 ? 5u : expected[t & 3]), snippet.Run());
    }

    [Fact]
    public void An_index_beyond_the_targets_is_an_error()
    {
        var snippet = new Snippet("T: .branchtargets A; brx.idx %r0, T; A: ");
        Assert.Contains("1 targets", snippet.Fault().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@%p1 bra END;", "END:")]
    [InlineData("@%p1 exit;", "")]
    [InlineData("@%p1 ret;", "")]
    public void Threads_that_end_early_are_not_awaited(string leave, string label)
    {
        // END leads to the store and ret of the snippet; with exit and ret the result is never stored.
        string behind = label.Length > 0 ? "st.global.u32 [%d1], %r1; ret; END: ret;" : "";
        var snippet = new Snippet($$"""
            setp.ge.u32 %p1, %r0, 20;
            {{leave}}
            mov.u32 %r1, 7;
            bar.sync 0;
            shfl.sync.idx.b32 %r2, %r0, 19, 31, 0xfffff;
            add.u32 %r1, %r1, %r2;
            {{behind}}
            """);
        Assert.Equal(Snippet.Each(t => t < 20 ? 26u : 0), snippet.Run());
    }

    [Fact]
    public void A_side_that_ends_late_is_run_before_a_barrier_is_judged()
    {
        var snippet = new Snippet("""
            setp.ge.u32 %p1, %r0, 16;
            @%p1 bra SIDE;
            bar.sync 0;
            mov.u32 %r1, 1;
            bra END;
            SIDE:
            mov.u32 %r1, 2;
            st.global.u32 [%d1], %r1;
            exit;
            END:
            """);
        Assert.Equal(Snippet.Each(t => t < 16 ? 1u : 2), snippet.Run());
    }

    [Fact]
    public void A_branch_whose_both_sides_are_the_next_statement_changes_nothing()
    {
        var snippet = new Snippet("setp.lt.u32 %p1, %r0, 5; @%p1 bra NEXT; NEXT: add.u32 %r1, %r0, 1;");
        Assert.Equal(Snippet.Each(t => t + 1), snippet.Run());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(33)]
    [InlineData(95)]
    public void Blocks_need_not_fill_their_last_warp(int threads)
    {
        var snippet = new Snippet("""
            bar.sync 0;
            setp.lt.u32 %p1, %r0, 7;
            @%p1 bra LOW;
            add.u32 %r1, %r0, 1000;
            bra MEET;
            LOW: add.u32 %r1, %r0, 1;
            MEET: bar.sync 0;
            """);
        Assert.Equal(Snippet.Each(t => t < 7 ? t + 1 : t + 1000, threads), snippet.Run(threads));
    }

    [Fact]
    public void Guarded_statements_leave_the_other_lanes_as_they_are()
    {
        var snippet = new Snippet("""
            and.b32 %r2, %r0, 1;
            setp.eq.u32 %p1, %r2, 1;
            mov.u32 %r1, 5;
            @%p1 add.u32 %r1, %r0, 100;
            cvt.u64.u32 %d3, %r1;
            @!%p1 add.s64 %d3, %d3, 7;
            @!%p1 setp.lt.u32 %p2|%p3, %r0, 10;
            cvt.u32.u64 %r1, %d3;
            """);
        Assert.Equal(Snippet.Each(t => t % 2 == 1 ? t + 100 : 12), snippet.Run());
    }

    [Fact]
    public void Sides_meet_in_a_loop_that_is_left_only_for_the_end_of_the_kernel()
    {
        var snippet = new Snippet("""
            mov.u32 %r2, 0;
            bra LOOP;
            END: ret;
            LOOP:
            setp.ge.u32 %p1, %r0, 7;
            @%p1 bra HIGH;
            MEET:
            bar.sync 0;
            add.u32 %r1, %r1, 100;
            st.global.u32 [%d1], %r1;
            add.u32 %r2, %r2, 1;
            setp.eq.u32 %p2, %r2, 3;
            @%p2 bra END;
            bra LOOP;
            HIGH:
            add.u32 %r1, %r1, 1;
            bra MEET;
            """);
        Assert.Equal(Snippet.Each(t => t < 7 ? 300u : 303), snippet.Run());
    }
}
