using GptSharp.Ptx.Counters;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda.AttentionRoutes;

namespace GptSharp.Kernels.Tests;

/// <summary>The kernels that take every form, width and alignment, against binary64.</summary>
public sealed class AttentionBackwardGenericTests
{
    private static readonly AttentionProblem Everything = new(2, 70, 6, 2, 24)
    {
        Window = 41,
        SoftCap = 1.5,
        Alibi = true,
        DocumentLength = 33,
        DropoutRate = 0.2,
        Beta = 1,
    };

    public static TheoryData<string, bool> Cases => new(
        from name in Problems.Keys from isHalf in (bool[])[false, true] select (name, isHalf));

    private static Dictionary<string, AttentionProblem> Problems { get; } = new()
    {
        ["one position"] = new(2, 1, 2, 2, 64),
        ["17 positions, odd width"] = new(2, 17, 3, 3, 13),
        ["63 positions, width 1"] = new(1, 63, 2, 2, 1),
        ["64 positions"] = new(1, 64, 2, 2, 64),
        ["65 positions, width 80"] = new(1, 65, 2, 1, 80),
        ["129 positions, width 128"] = new(1, 129, 1, 1, 128),
        ["200 positions"] = new(1, 200, 2, 1, 32),
        ["width 256"] = new(1, 37, 2, 1, 256),
        ["width 131"] = new(1, 20, 1, 1, 131),
        ["added to what was there"] = new(1, 40, 2, 2, 20) { Beta = 1 },
        ["window"] = new(1, 150, 2, 1, 16) { Window = 37 },
        ["window of one"] = new(1, 70, 1, 1, 16) { Window = 1 },
        ["soft cap, saturated"] = new(1, 70, 2, 2, 16) { SoftCap = 0.5 },
        ["ALiBi"] = new(1, 70, 3, 3, 16) { Alibi = true },
        ["documents"] = new(2, 150, 2, 1, 16) { DocumentLength = 40 },
        ["documents of one position"] = new(2, 20, 2, 1, 16) { DocumentLength = 1 },
        ["dropout"] = new(2, 50, 2, 1, 16) { DropoutRate = 0.25 },
        ["everything"] = Everything,
        ["everything, width 130"] = Everything with { HeadSize = 130 },
        ["everything, width 66"] = Everything with { HeadSize = 66, Time = 45 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_agree_with_binary64(string name, bool isHalf)
    {
        using AttentionGradientBench bench = new(Problems[name], isHalf);

        bench.Run(tensorCores: false);

        Assert.InRange(bench.WorstError(), 0, 1);
    }

    [Fact]
    public void Any_order_of_blocks_and_warps_gives_the_same_bits()
    {
        using AttentionGradientBench inOrder = new(Everything, isHalf: true), shuffled = new(Everything, isHalf: true);

        inOrder.Run(tensorCores: false);
        shuffled.Run(tensorCores: false, shuffleSeed: 3);

        Assert.Equal(inOrder.DQkv.Bytes.ToArray(), shuffled.DQkv.Bytes.ToArray());
    }

    [Theory]
    [InlineData(64, 64, 173, 114)]
    [InlineData(128, 32, 167, 105)]
    [InlineData(256, 16, 163, 100)]
    public void Tiles_are_read_once_without_conflicts(int headSize, int owned, int keyRegisters, int queryRegisters)
    {
        const int Time = 128;
        using AttentionGradientBench bench = new(new AttentionProblem(1, Time, 1, 1, headSize), isHalf: false);
        bench.Delta("attention_delta_f32");
        foreach (bool ownsKeys in (bool[])[true, false])
        {
            LaunchCounters counters = bench.Gradients(
                AttentionBackwardTile.Generic(ownsKeys ? "keys" : "queries", headSize, DType.F32), ownsKeys);

            int tiles = Time / owned;
            long streamedRows = (tiles * (tiles + 1) / 2) * (long)owned;
            long outputs = Time * (ownsKeys ? 2L : 1L) * headSize * sizeof(float);
            long inputs = (2L * Time) + (2 * streamedRows);
            Assert.InRange(counters.Accesses.GlobalBytes, 1, 1.15 * ((inputs * headSize * sizeof(float)) + (8 * (ownsKeys ? streamedRows : Time)) + outputs));
            Assert.Equal(outputs, counters.UniqueBytesStored);
            Assert.Equal((4L * Time * headSize * sizeof(float)) + (8L * Time), counters.UniqueBytesLoaded); // nothing of size T x T
            Assert.Equal(counters.Accesses.IdealWavefronts, counters.Accesses.Wavefronts);
            Assert.Equal(0, counters.Accesses.LocalRequests);
            Assert.Equal(0, counters.Accesses.Atomics);
            Assert.Equal(0, counters.Count(InstructionClass.Generic));
            Assert.InRange(counters.MaxLiveRegisters, 1, ownsKeys ? keyRegisters : queryRegisters);
        }
    }
}
