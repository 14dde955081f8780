using GptSharp.Ptx.Counters;
using GptSharp.Tensors.Backends.Cuda.AttentionRoutes;

namespace GptSharp.Kernels.Tests;

/// <summary>
/// What the tensor-core kernels of attention's backward pass execute and move, for one head of 512 positions: the figures of the best
/// kernels that were known when these were written, none of which may be exceeded.
/// </summary>
public sealed class AttentionBackwardCounterTests
{
    private const int Time = 512;

    // name, instructions other than mma per mma in the loop off the diagonal, in the launch, ldmatrix per mma, registers
    public static TheoryData<string, double, double, double, int> Figures => new(
        ("keys d64 128x32", 2.75, 3.52, 0.375, 250),
        ("keys d64 64x64", 3.79, 4.55, 0.5625, 180),
        ("keys d128 64x32", 2.57, 3.27, 0.625, 250),
        ("queries d64 128x32", 3.05, 3.90, 0.25, 230),
        ("queries d64 64x64", 3.81, 4.84, 0.5834, 170),
        ("queries d128 64x32", 3.06, 3.76, 0.667, 230));

    public static TheoryData<string> Names => new("keys d64 128x32", "keys d64 64x64", "keys d128 64x32", "queries d64 128x32", "queries d64 64x64", "queries d128 64x32");

    [Theory]
    [MemberData(nameof(Figures))]
    public void Few_instructions_go_by_beside_the_products(string name, double inLoop, double inLaunch, double loadMatrices, int registers)
    {
        Subject subject = new(name);

        LaunchCounters counters = subject.Launch();

        long products = counters.Count(InstructionClass.Matrix);
        LoopCounts loop = subject.OffDiagonal(counters);
        Assert.Equal(subject.ProductsPerBlock, loop.Matrix);
        Assert.InRange(loop.OthersPerMatrix, 0, inLoop);
        Assert.InRange((double)(counters.WarpInstructions - products) / products, 0, inLaunch);
        Assert.InRange(loop.LoadMatricesPerMatrix, 0, loadMatrices);
        Assert.InRange(counters.MaxLiveRegisters, 1, registers);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_block_off_the_diagonal_has_one_barrier_no_mask_and_no_load_from_global_memory(string name)
    {
        Subject subject = new(name);

        LaunchCounters counters = subject.Launch();

        LoopCounts loop = subject.OffDiagonal(counters);
        Assert.Equal(1, loop.Barriers);
        Assert.Equal(1, loop.Branches);
        Assert.Equal(0, loop.GlobalAccesses);
        Assert.Equal(0, loop.Executed("selp.f32"));
        Assert.InRange(loop.Comparisons, 1, 3); // more blocks? and the next one's copies: bytes or none
        Assert.Equal(subject.ScoresPerLane, subject.Masks(counters)); // on the diagonal there is one for each score
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_is_moved_but_what_the_tiles_need(string name)
    {
        Subject subject = new(name);

        LaunchCounters counters = subject.Launch();

        InstructionAccesses accesses = counters.Accesses;
        long row = 2L * subject.HeadSize;
        long outputs = Time * row * (subject.OwnsKeys ? 2 : 1), inputs = (4 * Time * row) + (8 * Time);
        long tileRows = (2L * Time) + (2L * subject.Blocks * subject.Streamed);         // owned once; streamed for each pair of tiles that meet
        long statistics = 8L * (subject.OwnsKeys ? subject.Blocks * subject.Streamed : Time * 4); // four lanes share a query's
        Assert.Equal(outputs, counters.UniqueBytesStored);
        Assert.Equal(inputs, counters.UniqueBytesLoaded);                               // nothing of size T x T
        Assert.InRange(accesses.GlobalBytes, 1, 1.15 * ((tileRows * row) + statistics + outputs));
        Assert.Equal(accesses.IdealWavefronts, accesses.Wavefronts);
        Assert.Equal(0, accesses.LocalRequests);
        Assert.Equal(0, accesses.Atomics);
        Assert.Equal(0, counters.Count(InstructionClass.Generic));
        foreach (StatementCounters wide in counters.Statements.Where(s => s.Executions > 0 && (s.Text.StartsWith("st.global", StringComparison.Ordinal)
            || s.Text.StartsWith("cp.async.cg", StringComparison.Ordinal)) && s.Accesses.GlobalRequests > 0))
        {
            Assert.Equal(16 * wide.Accesses.GlobalRequests, wide.Accesses.Sectors);     // 32 lanes, 16 bytes each
            Assert.Equal(512 * wide.Accesses.GlobalRequests, wide.Accesses.GlobalBytes);
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public void The_statistics_read_every_input_once(int headSize)
    {
        AttentionProblem problem = new(1, Time, 2, 2, headSize);
        using AttentionGradientBench bench = new(problem, isHalf: true);

        LaunchCounters counters = bench.Delta($"attention_delta_d{headSize}_bf16");

        long rows = Time * 2;
        Assert.Equal(rows * ((4 * headSize) + 4 + 8), counters.Accesses.GlobalBytes);
        Assert.Equal(rows * ((4 * headSize) + 4), counters.UniqueBytesLoaded);
        Assert.Equal(rows * 8, counters.UniqueBytesStored);
        Assert.InRange(counters.MaxLiveRegisters, 1, 82);
    }

    // A kernel by the name that the tests give it, on one head.
    private sealed class Subject
    {
        private readonly AttentionBackwardTile _tile;

        public Subject(string name)
        {
            string[] words = name.Split(' ');
            (OwnsKeys, HeadSize) = (words[0] == "keys", int.Parse(words[1][1..], System.Globalization.CultureInfo.InvariantCulture));
            _tile = AttentionGradientBench.RouteOf(Problem, isHalf: true, tensorCores: true, OwnsKeys).Tiles()
                .Single(tile => tile.Name.EndsWith('_' + words[2], StringComparison.Ordinal));
            Streamed = int.Parse(words[2].Split('x')[1], System.Globalization.CultureInfo.InvariantCulture);
        }

        public bool OwnsKeys { get; }

        public int HeadSize { get; }

        /// <summary>Rows that a block reads at a time.</summary>
        public int Streamed { get; }

        /// <summary>Pairs of an owned and a streamed tile that meet.</summary>
        public int Blocks => OffDiagonalBlocks + DiagonalBlocks;

        /// <summary>mma of a warp per pair of tiles: four products with keys owned, three with queries.</summary>
        public int ProductsPerBlock => (OwnsKeys ? 4 : 3) * (_tile.Rows / Warps) * Streamed * HeadSize / (16 * 8 * 16);

        public int ScoresPerLane => _tile.Rows / Warps * Streamed / 32;

        private AttentionProblem Problem => new(1, Time, 1, 1, HeadSize);

        private int Warps => _tile.Threads / 32;

        private int Tiles => Time / _tile.Rows;

        private int DiagonalBlocks => Tiles * Math.Max(1, _tile.Rows / Streamed);

        private int OffDiagonalBlocks => Tiles * (Tiles - 1) / 2 * _tile.Rows / Streamed;

        public LaunchCounters Launch()
        {
            using AttentionGradientBench bench = new(Problem, isHalf: true);
            bench.Delta($"attention_delta_d{HeadSize}_bf16");
            return bench.Gradients(_tile, OwnsKeys);
        }

        public LoopCounts OffDiagonal(LaunchCounters counters) => new(counters, (long)OffDiagonalBlocks * Warps);

        public int Masks(LaunchCounters counters) => new LoopCounts(counters, (long)DiagonalBlocks * Warps).Executed("selp.f32");
    }
}
