using GptSharp.Ptx.Counters;

namespace GptSharp.Kernels.Tests;

/// <summary>What attention forward costs: one head of 512 positions, where every tile is full.</summary>
public sealed class AttentionFigureTests
{
    private const int Time = 512;

    /// <summary>Kernel; other instructions per mma in the loop and in the launch; ldmatrix per mma; registers.</summary>
    public static TheoryData<string, double, double, double, int> Plain => new()
    {
        { "attention_d64_plain_bf16", 5.56, 7.06, 0.5, 122 },
        { "attention_d64_long_plain_bf16", 4.70, 5.99, 0.3125, 220 },
        { "attention_d128_plain_bf16", 3.53, 4.58, 0.5, 220 },
    };

    [Theory]
    [MemberData(nameof(Plain))]
    public void Blocks_off_the_diagonal_are_lean(string name, double loop, double launch, double loads, int registers)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        LaunchCounters counters = kernel.Run(new(1, Time, 1, 1, kernel.HeadSize)).Counters;
        StatementCounters[] body = OffDiagonal(kernel, counters);
        double mma = Count(body, InstructionClass.Matrix);
        long all = counters.Count(InstructionClass.Matrix);

        // Two products of 16 x 8 x 16 for every score and output channel of the blocks that are not wholly above the diagonal.
        Assert.Equal(KeyBlocks(kernel) * kernel.Queries * kernel.Keys * kernel.HeadSize / 1024, all);
        Assert.Equal((double)kernel.Queries * kernel.Keys * kernel.HeadSize / 1024 / (kernel.Threads / 32), mma);
        Assert.InRange((body.Length - mma) / mma, 0, loop);
        Assert.InRange((counters.WarpInstructions - all) / (double)all, 0, launch);
        Assert.InRange(body.Count(statement => statement.Text.Contains("ldmatrix", StringComparison.Ordinal)) / mma, 0, loads);
        Assert.Equal(1, Count(body, InstructionClass.Barrier));
        Assert.InRange(counters.MaxLiveRegisters, 1, registers);

        // A thread has two rows of every 16, and a quarter of their scores: an exponential for each score, and one to rescale each row.
        int rows = kernel.Queries / 8 / (kernel.Threads / 32);
        Assert.Equal((rows * kernel.Keys / 4) + rows, Count(body, InstructionClass.SpecialFunction));
    }

    [Theory]
    [InlineData("attention_d64_plain_bf16")]
    [InlineData("attention_d64_long_plain_bf16")]
    [InlineData("attention_d64_local_bf16")]
    [InlineData("attention_d64_long_local_bf16")]
    [InlineData("attention_d128_plain_bf16")]
    [InlineData("attention_d128_local_bf16")]
    public void Masks_are_computed_on_the_diagonal_only(string name)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        StatementCounters[] body = OffDiagonal(kernel, kernel.Run(new(1, Time, 1, 1, kernel.HeadSize)).Counters);

        // What remains: whether the loop goes on, whether the next block is on an edge, whether there is a next block to copy.
        Assert.DoesNotContain(body, statement => statement.Text.StartsWith("selp.f32", StringComparison.Ordinal));
        Assert.InRange(Count(body, InstructionClass.Compare), 0, 5);
    }

    [Theory]
    [MemberData(nameof(AttentionForwardTests.TensorCoreKernels), MemberType = typeof(AttentionForwardTests))]
    public void Memory_is_used_as_the_tiles_demand(string name)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        (int d, long outputs) = (kernel.HeadSize, 2L * Time * kernel.HeadSize);
        LaunchCounters counters = kernel.Run(new(1, Time, 1, 1, d)).Counters;

        // Q and y once, and L; keys and values of every block on or below the diagonal.
        long demanded = (2 * outputs) + (4 * Time) + (KeyBlocks(kernel) * kernel.Keys * d * 2 * 2);
        Assert.InRange(counters.Accesses.GlobalBytes, demanded, (long)(1.15 * demanded));
        Assert.Equal(3 * outputs, counters.UniqueBytesLoaded);
        Assert.Equal(outputs + (4 * Time), counters.UniqueBytesStored);
        Assert.Equal(counters.Accesses.IdealWavefronts, counters.Accesses.Wavefronts);
        Assert.Equal(0, counters.Count(InstructionClass.Local) + counters.Count(InstructionClass.Generic));

        // In and out by 16 bytes per lane, side by side; but for L, one number per row.
        foreach (StatementCounters statement in counters.Statements.Where(statement => statement.Accesses.GlobalBytes > 0))
        {
            string[] wide = ["cp.async.cg.shared.global", "st.global.v4"], logarithm = ["st.global.f32"];
            Assert.Contains([.. wide, .. logarithm], form => statement.Text.StartsWith(form, StringComparison.Ordinal));
            Assert.InRange(statement.Accesses.Sectors, 0, 16 * statement.Accesses.GlobalRequests);
        }
    }

    [Theory]
    [InlineData("attention_64_f32", 64)]
    [InlineData("attention_64_bf16", 64)]
    [InlineData("attention_128_f32", 128)]
    [InlineData("attention_256_f32", 256)]
    [InlineData("attention_64_f32", 20)]
    public void Kernels_for_everything_meet_no_conflicts_and_no_square_matrix(string name, int headSize)
    {
        AttentionKernel kernel = AttentionKernel.Named(name);
        bool isHalf = name.EndsWith("bf16", StringComparison.Ordinal);
        (int bytes, int time) = (isHalf ? 2 : 4, 192);
        LaunchCounters counters = kernel.Run(new(1, time, 1, 1, headSize), isHalf).Counters;

        long outputs = (long)bytes * time * headSize;
        long keys = Enumerable.Range(1, time / kernel.Queries).Sum(tile => (long)tile * kernel.Queries);
        Assert.InRange(counters.Accesses.GlobalBytes, 0, (long)(1.15 * ((2 * outputs) + (4 * time) + (2 * bytes * headSize * keys))));
        Assert.Equal(outputs + (4 * time), counters.UniqueBytesStored);
        Assert.Equal(counters.Accesses.IdealWavefronts, counters.Accesses.Wavefronts);
    }

    // Blocks of keys that the blocks of queries walk over together.
    private static long KeyBlocks(AttentionKernel kernel) =>
        Enumerable.Range(1, Time / kernel.Queries).Sum(tile => (long)tile * kernel.Queries / kernel.Keys);

    // The statements that every warp executes once in every block of keys off the diagonal.
    private static StatementCounters[] OffDiagonal(AttentionKernel kernel, LaunchCounters counters)
    {
        int perTile = kernel.Queries / kernel.Keys, tiles = Time / kernel.Queries;
        long executions = perTile * tiles * (tiles - 1) / 2 * kernel.Threads / 32;
        long everywhere = KeyBlocks(kernel) * kernel.Threads / 32;
        return [.. counters.Statements.Where(statement => statement.Executions == executions || statement.Executions == everywhere)];
    }

    private static int Count(StatementCounters[] statements, InstructionClass instructionClass) =>
        statements.Count(statement => statement.Class == instructionClass);
}
