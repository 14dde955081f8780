using GptSharp.Cuda;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class EmbeddingTests
{
    private const int SequencesPerBlock = 16;

    public static TheoryData<DType, int, int, int, bool> Lookups => new()
    {
        { DType.F32, 3, 7, 132, true },
        { DType.F32, 19, 2, 33, true },
        { DType.F32, 17, 1, 1032, false },
        { DType.BF16, 3, 7, 136, true },
        { DType.BF16, 19, 2, 33, true },
        { DType.BF16, 16, 2, 2056, false },
    };

    [Theory]
    [MemberData(nameof(Lookups))]
    public void Rows_are_looked_up_and_positions_added(DType type, int batch, int time, int channels, bool withPositions)
    {
        const int tableRows = 23;
        using KernelBench bench = new();
        DeviceBuffer table = bench.Normal(type, tableRows * channels, "table"), indices = bench.Integers(batch * time, tableRows, "indices");
        DeviceBuffer? positions = withPositions ? bench.Normal(type, time * channels, "positions") : null;
        DeviceBuffer y = bench.Output(type, batch * time * channels, "y"), report = Report(bench);

        Launch(bench, type, y, indices, table, positions, report, batch, time, channels, tableRows);

        double[] rows = table.Read(type), places = positions?.Read(type) ?? [];
        int[] tokens = indices.Read<int>();
        var expected = new double[batch * time * channels];
        for (int i = 0; i < expected.Length; i++)
        {
            (int row, int c) = (i / channels, i % channels);
            expected[i] = rows[(tokens[row] * channels) + c] + (withPositions ? places[(row % time * channels) + c] : 0);
        }

        Stored.AssertClose(type, expected, y.Read(type));
        Assert.All(report.Read<ulong>(), word => Assert.Equal(ulong.MaxValue, word));
    }

    [Theory]
    [InlineData(DType.F32, 768)]
    [InlineData(DType.BF16, 768)]
    public void A_lookup_moves_each_byte_once(DType type, int channels)
    {
        const int batch = 32, time = 4, tableRows = 200;
        using KernelBench bench = new();
        DeviceBuffer table = bench.Normal(type, tableRows * channels, "table"), positions = bench.Normal(type, time * channels, "positions");
        DeviceBuffer indices = bench.Integers(batch * time, tableRows, "indices"), y = bench.Output(type, batch * time * channels, "y");

        LaunchCounters counters = Launch(bench, type, y, indices, table, positions, Report(bench), batch, time, channels, tableRows);

        // y, as many rows of the table, the positions, the indices. The lanes of a warp read the tokens of 16 sequences, each in a sector of its own.
        long minimum = ((2L * batch * time * channels) + (time * channels)) * type.Size() + (4L * batch * time);
        counters.AssertStreams(minimum, scattered: "ld.global.u32");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(9)]
    public void An_index_outside_the_table_is_reported_and_reads_nothing_there(int token)
    {
        using KernelBench bench = new();
        DeviceBuffer table = bench.Normal(DType.F32, 9 * 4, "table"), indices = bench.Memory.Allocate<int>([3, token, 5], "indices");
        DeviceBuffer y = bench.Output(DType.F32, 3 * 4, "y"), report = Report(bench);

        Launch(bench, DType.F32, y, indices, table, null, report, 1, 3, 4, 9);

        Assert.Equal([(1UL << 32) | (uint)token, (1UL << 32) | 9], report.Read<ulong>());
    }

    private static DeviceBuffer Report(KernelBench bench) => bench.Memory.Allocate<ulong>([ulong.MaxValue, ulong.MaxValue], "report");

    private static LaunchCounters Launch(
        KernelBench bench, DType type, DeviceBuffer y, DeviceBuffer indices, DeviceBuffer table, DeviceBuffer? positions, DeviceBuffer report,
        int batch, int time, int channels, int tableRows)
    {
        int threads = Math.Clamp((((channels * type.Size() / 16) + 31) / 32) * 32, 32, 256);
        return bench.Launch(
            "embedding", "embedding" + type.Suffix(),
            new LaunchShape((time, (batch + SequencesPerBlock - 1) / SequencesPerBlock), threads),
            y, indices, table, positions is null ? 0L : positions, report, batch * time, time, channels, tableRows);
    }
}
