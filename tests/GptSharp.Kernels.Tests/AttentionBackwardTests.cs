namespace GptSharp.Kernels.Tests;

/// <summary>The tensor-core kernels of attention's backward pass against binary64.</summary>
public sealed class AttentionBackwardTests
{
    public static TheoryData<string, int> Cases => new(
        from name in Problems.Keys from headSize in (int[])[64, 128] select (name, headSize));

    private static Dictionary<string, AttentionProblem> Problems { get; } = new()
    {
        ["1 position"] = new(2, 1, 2, 2, 0),
        ["17 positions"] = new(2, 17, 2, 2, 0),
        ["63 positions"] = new(1, 63, 1, 1, 0),
        ["64 positions"] = new(1, 64, 2, 2, 0),
        ["65 positions"] = new(2, 65, 2, 1, 0),
        ["129 positions"] = new(1, 129, 1, 1, 0),
        ["200 positions, shared heads"] = new(1, 200, 4, 2, 0),
        ["256 positions"] = new(1, 256, 1, 1, 0),
        ["added to what was there"] = new(1, 130, 2, 1, 0) { Beta = 1 },
        ["window of one"] = new(1, 70, 1, 1, 0) { Window = 1 },
        ["window of 37"] = new(1, 200, 2, 1, 0) { Window = 37 },
        ["window of 100"] = new(1, 260, 1, 1, 0) { Window = 100 },
        ["window larger than the sequence"] = new(1, 100, 1, 1, 0) { Window = 101 },
        ["documents"] = new(2, 200, 2, 1, 0) { DocumentLength = 70 },
        ["documents of one position"] = new(1, 70, 1, 1, 0) { DocumentLength = 1 },
        ["window and documents"] = new(2, 150, 2, 2, 0) { DocumentLength = 80, Window = 33 },
        ["soft cap, saturated"] = new(1, 90, 2, 2, 0) { SoftCap = 0.5 },
        ["ALiBi"] = new(1, 130, 3, 3, 0) { Alibi = true },
        ["dropout"] = new(2, 90, 2, 1, 0) { DropoutRate = 0.25 },
        ["dropout, odd length"] = new(1, 67, 2, 2, 0) { DropoutRate = 0.1 },
        ["everything"] = new(2, 100, 6, 2, 0)
        {
            Window = 41,
            SoftCap = 1.5,
            Alibi = true,
            DocumentLength = 53,
            DropoutRate = 0.2,
            Beta = 1,
        },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_agree_with_binary64(string name, int headSize)
    {
        AttentionProblem problem = Problems[name] with { HeadSize = headSize };
        using AttentionGradientBench bench = new(problem, isHalf: true);

        bench.Run(tensorCores: true);

        Assert.InRange(bench.WorstError(), 0, 1);
    }

    /// <summary>What takes the place of a kernel whose registers do not suffice is as right.</summary>
    [Theory]
    [InlineData("129 positions")]
    [InlineData("200 positions, shared heads")]
    [InlineData("256 positions")]
    [InlineData("added to what was there")]
    public void The_smaller_tile_agrees_with_binary64(string name)
    {
        using AttentionGradientBench bench = new(Problems[name] with { HeadSize = 64 }, isHalf: true);

        bench.Run(tensorCores: true, choose: tiles => tiles[1]);

        Assert.InRange(bench.WorstError(), 0, 1);
    }

    [Theory]
    [InlineData("200 positions, shared heads", 64)]
    [InlineData("window and documents", 64)]
    [InlineData("everything", 64)]
    [InlineData("200 positions, shared heads", 128)]
    [InlineData("everything", 128)]
    public void Any_order_of_blocks_and_warps_gives_the_same_bits(string name, int headSize)
    {
        AttentionProblem problem = Problems[name] with { HeadSize = headSize };
        using AttentionGradientBench inOrder = new(problem, isHalf: true), shuffled = new(problem, isHalf: true);

        inOrder.Run(tensorCores: true);
        shuffled.Run(tensorCores: true, shuffleSeed: 3);

        Assert.Equal(inOrder.DQkv.Bytes.ToArray(), shuffled.DQkv.Bytes.ToArray());
    }
}
