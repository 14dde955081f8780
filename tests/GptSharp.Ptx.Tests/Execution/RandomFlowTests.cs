using System.Globalization;
using System.Text;

namespace GptSharp.Ptx.Tests.Execution;

/// <summary>
/// Random flow graphs, loops with several entries included, in which every lane finds its own way: what a warp computes must be what
/// each thread computes alone.
/// </summary>
public class RandomFlowTests
{
    private const int Blocks = 12;
    private const uint Fuel = 60;

    /// <summary>What follows a block: the bits of the state choose among the targets.</summary>
    private sealed record Node(uint Factor, uint Summand, int Shift, int[] Targets, bool IsCall);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_lane_computes_what_it_would_compute_alone(int seed)
    {
        var random = new Random(seed);
        for (int graph = 0; graph < 40; graph++)
        {
            Node[] nodes = [.. Enumerable.Range(0, Blocks).Select(_ => NewNode(random))];
            var snippet = new Snippet(Text(nodes), Step);
            Assert.Equal(Snippet.Each(lane => Alone(nodes, lane), 64), snippet.Run(64));
        }
    }

    private const string Step = """
        .func (.param .b32 r) step(.param .b32 x)
        {
            .reg .b32 %r<4>; .reg .pred %p1;
            ld.param.b32 %r1, [x];
            and.b32 %r2, %r1, 64;
            setp.eq.u32 %p1, %r2, 0;
            @%p1 bra EVEN;
            mad.lo.u32 %r3, %r1, 5, 9;
            st.param.b32 [r], %r3;
            ret;
            EVEN:
            xor.b32 %r3, %r1, 0x2545;
            st.param.b32 [r], %r3;
            ret;
        }
        """;

    private static Node NewNode(Random random)
    {
        int targets = random.Next(6) switch { 0 => 1, 5 => 4, _ => 2 };
        return new Node(
            (uint)random.Next() | 1,
            (uint)random.Next(),
            random.Next(3, 27),
            [.. Enumerable.Range(0, targets).Select(_ => random.Next(Blocks + 1))],
            random.Next(4) == 0);
    }

    private static uint Alone(Node[] nodes, uint lane)
    {
        uint state = (lane * 0x9e3779b9) + 1;
        uint fuel = Fuel;
        for (int block = 0; block < Blocks;)
        {
            Node node = nodes[block];
            state = (state * node.Factor) + node.Summand;
            if (node.IsCall)
            {
                state = (state & 64) == 0 ? state ^ 0x2545 : (state * 5) + 9;
            }

            if (--fuel == 0)
            {
                break;
            }

            block = node.Targets[(state >> node.Shift) & (uint)(node.Targets.Length - 1)];
        }

        return state;
    }

    private static string Text(Node[] nodes)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"mov.u32 %r3, {Fuel}; mad.lo.u32 %r1, %r0, 0x9e3779b9, 1;");
        for (int block = 0; block < nodes.Length; block++)
        {
            Node node = nodes[block];
            text.AppendLine(CultureInfo.InvariantCulture, $"B{block}: mad.lo.u32 %r1, %r1, {node.Factor}, {node.Summand};");
            if (node.IsCall)
            {
                text.AppendLine("{ .param .b32 a; .param .b32 b; st.param.b32 [a], %r1; call (b), step, (a); ld.param.b32 %r1, [b]; }");
            }

            text.AppendLine(CultureInfo.InvariantCulture, $"sub.u32 %r3, %r3, 1; setp.eq.u32 %p1, %r3, 0; @%p1 bra B{Blocks};");
            text.AppendLine(CultureInfo.InvariantCulture, $"shr.u32 %r4, %r1, {node.Shift}; and.b32 %r4, %r4, {node.Targets.Length - 1};");
            switch (node.Targets.Length)
            {
                case 1:
                    text.AppendLine(CultureInfo.InvariantCulture, $"bra B{node.Targets[0]};");
                    break;
                case 2:
                    text.AppendLine(CultureInfo.InvariantCulture, $"setp.eq.u32 %p1, %r4, 0; @%p1 bra B{node.Targets[0]}; bra B{node.Targets[1]};");
                    break;
                default:
                    text.AppendLine(CultureInfo.InvariantCulture, $"T{block}: .branchtargets B{string.Join(", B", node.Targets)}; brx.idx %r4, T{block};");
                    break;
            }
        }

        // All lanes meet behind the graph.
        return text.AppendLine(CultureInfo.InvariantCulture, $"B{Blocks}: bar.sync 0; vote.sync.all.pred %p2, %p1, -1;").ToString();
    }
}
