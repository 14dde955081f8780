using GptSharp.Ptx.Memory;

namespace GptSharp.Ptx.Tests.Execution;

public class LaneTests
{
    [Theory]
    [InlineData("up", 3, 0)]
    [InlineData("up", 1, 0x1000)]
    [InlineData("down", 3, 31)]
    [InlineData("down", 2, 0x101f)]
    [InlineData("bfly", 16, 31)]
    [InlineData("bfly", 5, 0x181f)]
    [InlineData("idx", 9, 31)]
    [InlineData("idx", 5, 0x181f)]
    [InlineData("idx", 30, 0x0f)]
    public void Shuffles_take_the_lane_that_the_manual_names(string mode, int b, int c)
    {
        var snippet = new Snippet($"""
            add.u32 %r2, %r0, 100;
            shfl.sync.{mode}.b32 %r1|%p1, %r2, {b}, {c}, 0xffffffff;
            @!%p1 add.u32 %r1, %r1, 1000;
            """);
        Assert.Equal(
            Snippet.Each(lane =>
            {
                // Segments of 32, 16 or 8 lanes, and the clamp in the low five bits.
                int size = 32 - (c >> 8);
                int first = (int)lane / size * size;
                int limit = first + Math.Min(c & 31, size - 1);
                (int source, bool inside) = mode switch
                {
                    "up" => ((int)lane - b, (int)lane - b >= first),
                    "down" => ((int)lane + b, (int)lane + b <= limit),
                    "bfly" => ((int)lane ^ b, ((int)lane ^ b) <= limit),
                    _ => (first + (b % size), first + (b % size) <= limit),
                };
                return inside ? (uint)(source + 100) : lane + 1100;
            }),
            snippet.Run());
    }

    [Fact]
    public void Two_halves_of_a_warp_may_name_different_masks_in_one_instruction()
    {
        var snippet = new Snippet("""
            setp.lt.u32 %p1, %r0, 16;
            selp.b32 %r2, 0xffff, 0xffff0000, %p1;
            redux.sync.add.u32 %r3, %r0, %r2;
            shfl.sync.down.b32 %r4, %r0, 1, 0x101f, %r2;
            vote.sync.ballot.b32 %r5, %p1, %r2;
            mad.lo.u32 %r1, %r3, 100, %r4;
            add.u32 %r1, %r1, %r5;
            """);
        Assert.Equal(
            Snippet.Each(t => ((t < 16 ? 120u : 376) * 100) + ((t & 15) == 15 ? t : t + 1) + (t < 16 ? 0xffffu : 0)), snippet.Run());
    }

    [Theory]
    [InlineData("add.u32", 496u)]
    [InlineData("min.s32", unchecked((uint)-31))]
    [InlineData("max.s32", 30u)]
    [InlineData("min.u32", 0u)]
    [InlineData("max.u32", unchecked((uint)-1))]
    [InlineData("and.b32", 0u)]
    [InlineData("or.b32", 0xffffffffu)]
    public void Reductions_combine_all_lanes(string operation, uint expected)
    {
        string value = operation == "add.u32" ? "mov.u32 %r3, %r0;" : "and.b32 %r2, %r0, 1; neg.s32 %r4, %r0; setp.eq.u32 %p1, %r2, 1; selp.b32 %r3, %r4, %r0, %p1;";
        Assert.Equal(Snippet.Each(_ => expected), new Snippet($"{value} redux.sync.{operation} %r1, %r3, -1;").Run());
    }

    [Fact]
    public void Exclusive_or_of_all_lanes_is_that_of_their_values() =>
        Assert.Equal(Snippet.Each(_ => 32u ^ 1), new Snippet("setp.eq.u32 %p1, %r0, 3; selp.b32 %r2, 33, 0, %p1; redux.sync.xor.b32 %r1, %r2, -1;").Run());

    [Theory]
    [InlineData("vote.sync.all.pred %p2, %p1, -1;", 0)]
    [InlineData("vote.sync.any.pred %p2, %p1, -1;", 1)]
    [InlineData("vote.sync.uni.pred %p2, %p1, -1;", 0)]
    [InlineData("vote.sync.all.pred %p2, !%p3, -1;", 1)]
    [InlineData("vote.sync.uni.pred %p2, %p3, -1;", 1)]
    public void Votes_answer_for_all_lanes(string vote, uint expected)
    {
        var snippet = new Snippet($"setp.lt.u32 %p1, %r0, 5; setp.gt.u32 %p3, %r0, 99; {vote} selp.u32 %r1, 1, 0, %p2;");
        Assert.Equal(Snippet.Each(_ => expected), snippet.Run());
    }

    [Fact]
    public void Match_any_gives_the_lanes_of_equal_value()
    {
        var snippet = new Snippet("rem.u32 %r2, %r0, 5; cvt.u64.u32 %d3, %r2; shl.b64 %d3, %d3, 40; match.any.sync.b64 %r1, %d3, -1;");
        Assert.Equal(
            Snippet.Each(t => Enumerable.Range(0, 32).Where(lane => lane % 5 == t % 5).Aggregate(0u, (mask, lane) => mask | (1u << lane))),
            snippet.Run());
    }

    [Theory]
    [InlineData("mov.u32 %r2, 7;", 0xffffffff)]
    [InlineData("mov.u32 %r2, %r0;", 5)]
    public void Match_all_gives_the_mask_only_when_all_agree(string value, uint expected)
    {
        var snippet = new Snippet(value + " match.all.sync.b32 %r1|%p1, %r2, -1; @!%p1 mov.u32 %r1, 5;");
        Assert.Equal(Snippet.Each(_ => expected), snippet.Run());
    }

    [Fact]
    public void Elect_names_the_lowest_lane_and_activemask_those_that_run()
    {
        var snippet = new Snippet("""
            setp.lt.u32 %p1, %r0, 4;
            @%p1 bra END;
            activemask.b32 %r2;
            elect.sync %r3|%p2, %r2;
            selp.u32 %r4, 1000, 0, %p2;
            add.u32 %r1, %r3, %r4;
            setp.ne.u32 %p3, %r2, 0xfffffff0;
            @%p3 mov.u32 %r1, 77;
            END:
            """);
        Assert.Equal(Snippet.Each(t => t < 4 ? 0u : t == 4 ? 1004u : 4), snippet.Run());
    }

    [Theory]
    [InlineData("setp.lt.u32 %p1, %r0, 16; @%p1 bra END; shfl.sync.idx.b32 %r1, %r0, 0, 31, -1; END:", "lane 0 is missing", 16)]
    [InlineData("shfl.sync.idx.b32 %r1, %r0, 0, 31, 0xff;", "Lane 8 is not among the lanes 0x000000ff that it names itself", 8)]
    [InlineData("setp.lt.u32 %p1, %r0, 16; @%p1 shfl.sync.idx.b32 %r1, %r0, 20, 31, 0xffff;", "Lane 0 reads lane 20", 0)]
    [InlineData("setp.lt.u32 %p1, %r0, 16; @%p1 vote.sync.ballot.b32 %r1, %p1, -1;", "lane 16 is missing", 0)]
    [InlineData("setp.lt.u32 %p1, %r0, 16; @%p1 redux.sync.add.u32 %r1, %r0, 0x1ffff;", "lane 16 is missing", 0)]
    [InlineData("setp.lt.u32 %p1, %r0, 16; @%p1 match.any.sync.b32 %r1, %r0, 0x1ffff;", "lane 16 is missing", 0)]
    public void Lanes_that_do_not_take_part_are_reported(string body, string message, int thread)
    {
        Finding finding = new Snippet(body).Fault();
        Assert.Equal((FindingKind.Synchronisation, thread), (finding.Kind, finding.Thread.X));
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_matrix_instruction_needs_the_whole_warp()
    {
        var snippet = new Snippet("setp.lt.u32 %p1, %r0, 31; @%p1 movmatrix.sync.aligned.m8n8.trans.b16 %r1, %r0;");
        Assert.Equal(FindingKind.Synchronisation, snippet.Fault().Kind);
    }
}
