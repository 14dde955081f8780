using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class EmbeddingBackwardTests
{
    private const int Tile = 512;

    /// <summary>Activation, gradient.</summary>
    public static TheoryData<DType, DType> Types => new()
    {
        { DType.F32, DType.F32 },
        { DType.BF16, DType.F32 },
        { DType.BF16, DType.BF16 },
    };

    [Theory]
    [InlineData(1, 5)]
    [InlineData(513, 3)]
    [InlineData(1400, 700)]
    public void Positions_are_ordered_by_token_and_place(int count, int limit)
    {
        using KernelBench bench = new();
        int[] tokens = bench.Integers(count, limit, "draws").Read<int>();
        tokens[count / 2] = limit + 7;   // belongs to no row: last
        tokens[count / 3] = -1;
        TokenOrder order = new(bench, bench.Memory.Allocate<int>(tokens, "indices"), count, limit);

        int[] inside = [.. tokens.Select(token => token < 0 || token >= limit ? limit : token)];
        Assert.Equal(Enumerable.Range(0, count).OrderBy(i => inside[i]), order.Order.Read<int>());
        Assert.Equal(Enumerable.Range(0, limit + 1).Select(token => inside.Count(other => other < token)), order.Starts.Read<int>());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Gradients_are_sums_in_float64_rows_without_tokens_too(DType type, DType gradient)
    {
        foreach ((int count, int limit, int channels) in new[] { (700, 11, 40), (90, 300, 264), (50, 9, 33) })
        {
            using KernelBench bench = new();
            DeviceBuffer indices = bench.Integers(count, limit, "indices"), dy = bench.Normal(type, count * channels, "dy");
            DeviceBuffer dTable = bench.Output(gradient, limit * channels, "dTable");
            TokenOrder order = new(bench, indices, count, limit);
            double[] expected = Sums(indices.Read<int>(), dy.Read(type), limit, channels);

            Launch(bench, type, gradient, dTable, dy, order, limit, channels, beta: 0);
            double[] once = dTable.Read(gradient);
            Stored.AssertClose(gradient, expected, once, size: 20);

            foreach (float beta in new[] { 1f, 0.5f })
            {
                double[] before = dTable.Read(gradient);
                Launch(bench, type, gradient, dTable, dy, order, limit, channels, beta);
                Stored.AssertClose(gradient, [.. expected.Zip(before, (value, old) => value + (beta * old))], dTable.Read(gradient), size: 40);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Each_byte_moves_once(DType type, DType gradient)
    {
        const int count = 1024, limit = 512, channels = 768;
        using KernelBench bench = new();
        DeviceBuffer indices = bench.Integers(count, limit, "indices"), dy = bench.Normal(type, count * channels, "dy");
        DeviceBuffer dTable = bench.Output(gradient, limit * channels, "dTable");
        TokenOrder order = new(bench, indices, count, limit);

        LaunchCounters counters = Launch(bench, type, gradient, dTable, dy, order, limit, channels, beta: 0);

        // The positions of a token start anywhere in a sector.
        long minimum = ((long)count * channels * type.Size()) + ((long)limit * channels * gradient.Size()) + (4L * (count + limit + 1));
        counters.AssertStreams(minimum, scattered: "ld.global.u32");
        Assert.Equal(0, counters.Accesses.Atomics);
    }

    [Fact]
    public void Bits_do_not_depend_on_the_order_of_warps()
    {
        byte[][] results = [.. new int?[] { null, 1, 2 }.Select(seed =>
        {
            const int count = 600, limit = 7, channels = 132;
            using KernelBench bench = new();
            DeviceBuffer indices = bench.Integers(count, limit, "indices"), dy = bench.Normal(DType.F32, count * channels, "dy");
            DeviceBuffer dTable = bench.Output(DType.F32, limit * channels, "dTable");
            TokenOrder order = new(bench, indices, count, limit, seed);
            Launch(bench, DType.F32, DType.F32, dTable, dy, order, limit, channels, beta: 0, seed);
            return dTable.Bytes.ToArray();
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Positions_are_summed_over_the_batch(DType type, DType gradient)
    {
        foreach ((int batch, int time, int channels, int places) in new[] { (13, 3, 256, 4), (5, 3, 33, 3), (1, 2, 7, 9) })
        {
            using KernelBench bench = new();
            (int inside, int total) = (time * channels, places * channels);
            DeviceBuffer dy = bench.Normal(type, batch * inside, "dy"), target = bench.Output(gradient, total, "dPositions");
            LaunchCounters Launch(float beta) => bench.Launch(
                "embedding_backward", "position_backward" + type.Suffix(gradient),
                new LaunchShape(((total * Math.Max(type.Size(), gradient.Size())) + 4095) / 4096, 256),
                target, dy, (long)inside, (long)total, batch, beta);

            LaunchCounters counters = Launch(0);

            double[] values = dy.Read(type);
            double[] expected = [.. Enumerable.Range(0, total).Select(i => i < inside ? Enumerable.Range(0, batch).Sum(b => values[(b * inside) + i]) : 0)];
            double[] once = target.Read(gradient);
            Stored.AssertClose(gradient, expected, once, size: 10);
            if (channels == 256)
            {
                counters.AssertStreams(((long)batch * inside * type.Size()) + ((long)total * gradient.Size()));
            }

            Launch(2);
            Stored.AssertClose(gradient, [.. expected.Zip(once, (value, old) => value + (2 * old))], target.Read(gradient), size: 30);
        }
    }

    private static LaunchCounters Launch(
        KernelBench bench, DType type, DType gradient, DeviceBuffer dTable, DeviceBuffer dy, TokenOrder order, int limit, int channels, float beta,
        int? seed = null)
    {
        int pack = 16 / Math.Max(type.Size(), gradient.Size());
        bool wholePacks = channels % pack == 0;
        int perBlock = wholePacks ? 32 * pack : 32;
        return bench.Launch(
            "embedding_backward", "embedding_backward" + type.Suffix(gradient),
            new LaunchShape(((limit + 7) / 8, (channels + perBlock - 1) / perBlock), 256),
            new LaunchOptions { Counters = true, Workers = 1, ShuffleSeed = seed },
            dTable, dy, order.Order, order.Starts, limit, channels, beta, wholePacks ? 1 : 0).Counters!;
    }

    private static double[] Sums(int[] tokens, double[] dy, int limit, int channels)
    {
        var sums = new double[limit * channels];
        for (int i = 0; i < dy.Length; i++)
        {
            sums[(tokens[i / channels] * channels) + (i % channels)] += dy[i];
        }

        return sums;
    }

    /// <summary>What the three kernels of token_order.cu make of a batch's tokens.</summary>
    private sealed class TokenOrder
    {
        public TokenOrder(KernelBench bench, DeviceBuffer indices, int count, int limit, int? seed = null)
        {
            (DeviceBuffer tokens, DeviceBuffer positions) = (bench.Output(4L * count, "tile tokens"), bench.Output(4L * count, "tile positions"));
            DeviceBuffer sorted = bench.Output(4L * count, "sorted");
            (Order, Starts) = (bench.Output(4L * count, "order"), bench.Output(4L * (limit + 1), "starts"));
            LaunchShape tiles = new((count + Tile - 1) / Tile, Tile);
            LaunchOptions options = new() { Counters = true, Workers = 1, ShuffleSeed = seed };
            bench.Launch("token_order", "token_tiles", tiles, options, tokens, positions, indices, count, limit);
            bench.Launch("token_order", "token_ranks", tiles, options, sorted, Order, tokens, positions, count);
            bench.Launch("token_order", "token_starts", new LaunchShape((limit + 256) / 256, 256), options, Starts, sorted, count, limit);
        }

        public DeviceBuffer Order { get; }

        public DeviceBuffer Starts { get; }
    }
}
