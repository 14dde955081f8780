using GptSharp.Ptx.Counters;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>LayerNorm and RMSNorm, which share their kernels' headers.</summary>
public sealed class NormTests
{
    /// <summary>Kernel width, type, rows, channels.</summary>
    public static TheoryData<string, string, DType, int, int> Cases => new(
        from name in (string[])["layer_norm", "rms_norm"]
        from shape in (Case[])
        [
            new("256", DType.F32, 13, 132), new("512", DType.F32, 9, 512), new("768", DType.F32, 40, 768), new("1024", DType.F32, 17, 1020),
            new("wide", DType.F32, 17, 1028), new("wide", DType.F32, 5, 1600), new("wide", DType.F32, 3, 8192),
            new("pair", DType.F32, 5, 6160), new("pair", DType.F32, 4, 8192),
            new("any", DType.F32, 11, 37), new("any", DType.F32, 3, 1030),
            new("256", DType.BF16, 13, 136), new("512", DType.BF16, 9, 384), new("768", DType.BF16, 40, 768), new("1024", DType.BF16, 17, 1024),
            new("wide", DType.BF16, 17, 1032), new("wide", DType.BF16, 5, 1600), new("wide", DType.BF16, 3, 8192),
            new("any", DType.BF16, 11, 37), new("any", DType.BF16, 3, 1030),
        ]
        select (name, shape.Width, shape.Type, shape.Rows, shape.Channels));

    /// <summary>What the figures are counted at: the usual widths, enough rows.</summary>
    public static TheoryData<string, string, DType, int> Figures => new(
        from name in (string[])["layer_norm", "rms_norm"]
        from width in (int[])[256, 512, 768, 1024]
        from type in (DType[])[DType.F32, DType.BF16]
        select (name, $"{width}", type, width));

    /// <summary>
    /// The same for rows that a block shares: of GPT-2 XL, of Llama, and the widest; with as many rows to a barrier as an A100 has shared memory for, and on devices with 99 KB a pair.
    /// </summary>
    public static TheoryData<string, string, DType, int, int> WideFigures => new(
        from name in (string[])["layer_norm", "rms_norm"]
        from shape in (Case[])
        [
            new("wide", DType.F32, 4, 1600), new("wide", DType.F32, 4, 4096), new("wide", DType.F32, 2, 8192),
            new("pair", DType.F32, 2, 8192),
            new("wide", DType.BF16, 4, 1600), new("wide", DType.BF16, 4, 4096), new("wide", DType.BF16, 4, 8192),
        ]
        select (name, shape.Width, shape.Type, shape.Channels, shape.Rows));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_and_statistics_are_those_of_float64(string name, string width, DType type, int rows, int channels)
    {
        using NormBench bench = new(name, width, type, rows, channels);
        bench.Forward(rowsPerBlock: 8);
        (double[] y, double[] mean, double[] rstd) = bench.ReadForward();

        Stored.AssertClose(type, bench.Oracle.Output(bench.Bias?.Read(type)), y, size: 4);
        Stored.AssertClose(DType.F32, [.. Enumerable.Range(0, rows).Select(bench.Oracle.InverseDeviation)], rstd);
        if (bench.IsCentred)
        {
            Stored.AssertClose(DType.F32, [.. Enumerable.Range(0, rows).Select(bench.Oracle.Mean)], mean);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_are_those_of_float64_and_add_to_what_is_there(string name, string width, DType type, int rows, int channels)
    {
        using NormBench bench = new(name, width, type, rows, channels);
        bench.Forward(rowsPerBlock: 8);
        bench.Backward(rowsPerBlock: 16, beta: 0);
        double[] dy = bench.Dy.Read(type), expected = bench.Oracle.InputGradient(dy), once = bench.Dx.Read(type);
        Stored.AssertClose(type, expected, once, size: 6);

        bench.Backward(rowsPerBlock: 16, beta: 0.75f, batch: channels > 4096 ? 2 : 4);

        Stored.AssertClose(type, [.. expected.Zip(once, (value, old) => value + (0.75 * old))], bench.Dx.Read(type), size: 6);
        foreach (DType gradient in new[] { DType.F32, type }.Distinct())
        {
            (double[] first, double[] second) = bench.ColumnSums(gradient, startValue: 0.5, beta: 2);
            Stored.AssertClose(gradient, Plus(bench.Oracle.WeightGradient(dy), 1), first, size: 20);
            if (bench.IsCentred)
            {
                Stored.AssertClose(gradient, Plus(bench.Oracle.BiasGradient(dy), 1), second, size: 20);
            }
        }

        static double[] Plus(double[] values, double summand) => Array.ConvertAll(values, value => value + summand);
    }

    [Theory]
    [MemberData(nameof(Figures))]
    public void Forward_moves_each_byte_once(string name, string width, DType type, int channels)
    {
        const int rows = 64;
        using NormBench bench = new(name, width, type, rows, channels);

        LaunchCounters counters = bench.Forward(rowsPerBlock: 32);

        counters.AssertStreams((2L * rows * channels * type.Size()) + (rows * (bench.IsCentred ? 8L : 4L)));
    }

    [Theory]
    [MemberData(nameof(Figures))]
    public void Backward_moves_each_byte_once_without_a_barrier_per_row(string name, string width, DType type, int channels)
    {
        const int rows = 256, rowsPerBlock = 64;
        using NormBench bench = new(name, width, type, rows, channels);
        bench.Forward(rowsPerBlock: 32);
        long minimum = (3L * rows * channels * type.Size()) + (rows * (bench.IsCentred ? 8L : 4L));

        LaunchCounters counters = bench.Backward(rowsPerBlock, beta: 0);

        long partial = rows / rowsPerBlock * channels * (bench.IsCentred ? 8L : 4L);
        counters.AssertStreams(minimum + partial, mostRegisters: 200);
        Assert.True(2 * partial <= 0.15 * minimum, $"partial sums of {partial} bytes, written and read, beside {minimum}");

        // One barrier on either side of the weights' use, one per warp and one at the end, whatever the number of rows.
        Assert.Equal(11L * rows / rowsPerBlock * 8, Barriers(counters));
        bench.Backward(rowsPerBlock, beta: 1).AssertStreams(minimum + partial + ((long)rows * channels * type.Size()), mostRegisters: 200);
    }

    [Theory]
    [MemberData(nameof(WideFigures))]
    public void Wide_rows_move_each_byte_once_and_share_barriers(string name, string width, DType type, int channels, int batch)
    {
        const int rows = 120, rowsPerBlock = 24;
        using NormBench bench = new(name, width, type, rows, channels);
        long tensor = (long)rows * channels * type.Size(), statistics = rows * (bench.IsCentred ? 8L : 4L);

        LaunchCounters forward = bench.Forward(rowsPerBlock);

        forward.AssertStreams((2 * tensor) + statistics);
        int rounds = (rowsPerBlock + (16 / bench.RowWarps) - 1) / (16 / bench.RowWarps); // rows that a block takes at once share their barriers
        Assert.Equal((bench.IsCentred ? 2L : 1L) * rounds * (rows / rowsPerBlock) * bench.ForwardWarps(rowsPerBlock), Barriers(forward));

        LaunchCounters backward = bench.Backward(rowsPerBlock, beta: 0, batch);

        long minimum = (3 * tensor) + statistics, partial = rows / rowsPerBlock * channels * (bench.IsCentred ? 8L : 4L);
        backward.AssertStreams(minimum + partial, mostRegisters: 128);
        Assert.True(2 * partial <= 0.15 * minimum, $"partial sums of {partial} bytes, written and read, beside {minimum}");
        Assert.Equal((long)rows / batch * bench.BackwardWarps, Barriers(backward));
        bench.Backward(rowsPerBlock, beta: 1, batch).AssertStreams(minimum + partial + tensor, mostRegisters: 128);
    }

    /// <summary>A device with little shared memory takes fewer rows to a barrier, to the same bits.</summary>
    [Theory]
    [InlineData("layer_norm", DType.F32)]
    [InlineData("rms_norm", DType.BF16)]
    public void Bits_do_not_depend_on_the_rows_of_a_barrier(string name, DType type)
    {
        using NormBench bench = new(name, "wide", type, 23, 1032);
        bench.Forward(rowsPerBlock: 8);
        byte[][] results = [.. new[] { 1, 2, 4 }.Select(batch =>
        {
            bench.Backward(rowsPerBlock: 12, beta: 0, batch);
            return (byte[])[.. bench.Dx.Bytes, .. bench.Partial.Bytes];
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Theory]
    [InlineData("layer_norm")]
    [InlineData("rms_norm")]
    public void Bits_do_not_depend_on_where_a_row_waits(string name)
    {
        byte[][] results = [.. new[] { "wide", "pair" }.Select(width =>
        {
            using NormBench bench = new(name, width, DType.F32, 13, 2056);
            bench.Forward(rowsPerBlock: 8);
            bench.Backward(rowsPerBlock: 7, beta: 0, batch: 2);
            return (byte[])[.. bench.Dx.Bytes, .. bench.Partial.Bytes];
        })];

        Assert.Equal(results[0], results[1]);
    }

    [Theory]
    [InlineData("layer_norm", "256", 136)]
    [InlineData("rms_norm", "256", 136)]
    [InlineData("layer_norm", "wide", 1048)]
    [InlineData("rms_norm", "wide", 1048)]
    [InlineData("layer_norm", "pair", 1048)]
    [InlineData("rms_norm", "pair", 1048)]
    public void Bits_do_not_depend_on_the_order_of_warps(string name, string width, int channels)
    {
        byte[][] results = [.. new int?[] { null, 1, 2 }.Select(seed =>
        {
            using NormBench bench = new(name, width, width == "pair" ? DType.F32 : DType.BF16, 50, channels) { ShuffleSeed = seed };
            bench.Forward(rowsPerBlock: 16);
            bench.Backward(rowsPerBlock: 16, beta: 0, batch: 4);
            return (byte[])[.. bench.Y.Bytes, .. bench.Dx.Bytes, .. bench.Partial.Bytes];
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Theory]
    [InlineData("256", 128)]
    [InlineData("wide", 1300)]
    [InlineData("pair", 1300)]
    [InlineData("any", 37)]
    public void Gradients_that_nobody_asked_for_are_not_written(string width, int channels)
    {
        using NormBench bench = new("layer_norm", width, DType.F32, 9, channels);
        bench.Forward(rowsPerBlock: 8);

        LaunchCounters weights = bench.Backward(rowsPerBlock: 16, beta: 0, withDx: false);
        Assert.Equal(8L * channels, weights.UniqueBytesStored);

        LaunchCounters input = bench.Backward(rowsPerBlock: 16, beta: 0, withPartial: false);
        Assert.Equal(4L * 9 * channels, input.UniqueBytesStored);
        Stored.AssertClose(DType.F32, bench.Oracle.InputGradient(bench.Dy.Read(DType.F32)), bench.Dx.Read(DType.F32), size: 6);
    }

    private static long Barriers(LaunchCounters counters) => counters.Statements
        .Where(statement => statement.Text.StartsWith("bar.sync", StringComparison.Ordinal)).Sum(statement => statement.Executions);

    private sealed record Case(string Width, DType Type, int Rows, int Channels);
}
