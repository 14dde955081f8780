using System.Numerics;
using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class HeadNormTests
{
    private const int Queries = 4, Normed = 6, Heads = 8;
    private const float Epsilon = 1e-5f;

    /// <summary>Type, rows, channels of a head, kernel.</summary>
    public static TheoryData<DType, int, int, string> Cases => new()
    {
        { DType.F32, 37, 64, "" },
        { DType.F32, 5, 80, "" },
        { DType.F32, 5, 256, "" },
        { DType.F32, 11, 13, "_any" },
        { DType.BF16, 37, 64, "" },
        { DType.BF16, 5, 96, "" },
        { DType.BF16, 5, 256, "" },
        { DType.BF16, 11, 13, "_any" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Outputs_and_gradients_are_those_of_float64(DType type, int rows, int size, string variant)
    {
        using KernelBench bench = new();
        Buffers buffers = new(bench, type, rows, size, variant);
        buffers.Forward(rowsPerBlock: 8);
        Stored.AssertClose(type, buffers.ExpectedOutput, buffers.Y.Read(type), size: 3);

        buffers.Backward(rowsPerBlock: 16, beta: 0);
        double[] expected = buffers.ExpectedGradient(out double[] weights), once = buffers.Dx.Read(type);
        Stored.AssertClose(type, expected, once, size: 6);
        Stored.AssertClose(DType.F32, weights, buffers.PartialSums(), size: 30);

        buffers.Backward(rowsPerBlock: 16, beta: 0.5f);
        Stored.AssertClose(type, [.. expected.Zip(once, (value, old) => value + (0.5 * old))], buffers.Dx.Read(type), size: 6);
    }

    [Theory]
    [InlineData(DType.F32, 64)]
    [InlineData(DType.F32, 128)]
    [InlineData(DType.BF16, 64)]
    [InlineData(DType.BF16, 128)]
    public void Each_byte_moves_once(DType type, int size)
    {
        const int rows = 64;
        using KernelBench bench = new();
        Buffers buffers = new(bench, type, rows, size, "");
        long row = (long)Heads * size * type.Size(), statistics = Normed * 4L, values = (long)(Heads - Normed) * size * type.Size();

        buffers.Forward(rowsPerBlock: 32).AssertStreams(rows * ((2 * row) + statistics), scattered: "st.global.f32");

        // The values' gradients pass through: nobody reads the values.
        buffers.Backward(rowsPerBlock: 32, beta: 0).AssertStreams(
            (rows * ((3 * row) - values + statistics)) + (rows / 32 * 2L * size * 4), mostRegisters: 115, scattered: "global.f32");
    }

    [Fact]
    public void Bits_do_not_depend_on_the_order_of_warps()
    {
        byte[][] results = [.. new int?[] { null, 1, 2 }.Select(seed =>
        {
            using KernelBench bench = new();
            Buffers buffers = new(bench, DType.F32, 40, 64, "") { ShuffleSeed = seed };
            buffers.Forward(rowsPerBlock: 8);
            buffers.Backward(rowsPerBlock: 16, beta: 0);
            return (byte[])[.. buffers.Y.Bytes, .. buffers.Dx.Bytes, .. buffers.Partial.Bytes];
        })];

        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    private sealed class Buffers
    {
        private readonly KernelBench _bench;
        private readonly DType _type;
        private readonly int _rows;
        private readonly int _size;
        private readonly string _variant;
        private readonly DeviceBuffer _x;
        private readonly DeviceBuffer _dy;
        private readonly DeviceBuffer _query;
        private readonly DeviceBuffer _key;
        private readonly DeviceBuffer _rrms;

        public Buffers(KernelBench bench, DType type, int rows, int size, string variant)
        {
            (_bench, _type, _rows, _size, _variant) = (bench, type, rows, size, variant);
            int count = rows * Heads * size;
            (_x, _dy) = (bench.Normal(type, count, "qkv", 2), bench.Normal(type, count, "dy"));
            (_query, _key) = (bench.Normal(type, size, "query weight"), bench.Normal(type, size, "key weight"));
            (Y, Dx) = (bench.Output(type, count, "y"), bench.Output(type, count, "dx"));
            _rrms = bench.Output(rows * Normed * 4L, "rrms");
            Partial = bench.Output(0, "partial");
        }

        public int? ShuffleSeed { get; init; }

        public DeviceBuffer Y { get; }

        public DeviceBuffer Dx { get; }

        public DeviceBuffer Partial { get; private set; }

        public double[] ExpectedOutput
        {
            get
            {
                double[] x = _x.Read(_type);
                return [.. x.Select((value, i) => Weight(i) is { } weight ? value * Inverse(x, i / _size) * weight : value)];
            }
        }

        public double[] ExpectedGradient(out double[] weights)
        {
            double[] x = _x.Read(_type), dy = _dy.Read(_type), dx = [.. dy];
            weights = new double[2 * _size];
            for (int place = 0; place < _rows * Heads; place++)
            {
                int head = place % Heads, start = place * _size;
                if (head >= Normed)
                {
                    continue;
                }

                double r = Inverse(x, place);
                double product = Enumerable.Range(start, _size).Average(i => dy[i] * Weight(i)!.Value * x[i] * r);
                for (int i = start; i < start + _size; i++)
                {
                    dx[i] = r * ((dy[i] * Weight(i)!.Value) - (x[i] * r * product));
                    weights[(head < Queries ? 0 : _size) + (i % _size)] += dy[i] * x[i] * r;
                }
            }

            return dx;
        }

        public double[] PartialSums()
        {
            double[] partial = Partial.Read(DType.F32);
            return [.. Enumerable.Range(0, 2 * _size).Select(d => Enumerable.Range(0, partial.Length / (2 * _size)).Sum(row => partial[(row * 2 * _size) + d]))];
        }

        public LaunchCounters Forward(int rowsPerBlock) => Launch(
            "head_norm", rowsPerBlock,
            [Y, _rrms, _x, _query, _key, _rows, rowsPerBlock, _size, Queries, Normed, Heads, Lanes, 1f / _size, Epsilon]);

        public LaunchCounters Backward(int rowsPerBlock, float beta)
        {
            Partial = _bench.Output((_rows + rowsPerBlock - 1) / rowsPerBlock * 2L * _size * 4, "partial");
            return Launch(
                "head_norm_backward", rowsPerBlock,
                [Dx, Partial, _dy, _x, _query, _key, _rrms, _rows, rowsPerBlock, _size, Queries, Normed, Heads, Lanes, 1f / _size, beta]);
        }

        private int Lanes => BitOperations.Log2(Math.Min(32, BitOperations.RoundUpToPowerOf2((uint)((_size * _type.Size()) + 15) / 16)));

        private double? Weight(int i) => (i / _size % Heads) switch
        {
            < Queries => _query.Read(_type)[i % _size],
            < Normed => _key.Read(_type)[i % _size],
            _ => null,
        };

        private double Inverse(double[] x, int place) =>
            1 / Math.Sqrt(x[(place * _size)..((place + 1) * _size)].Average(value => value * value) + Epsilon);

        private LaunchCounters Launch(string kernel, int rowsPerBlock, KernelArgument[] arguments)
        {
            LaunchOptions options = new() { Counters = true, Workers = 1, ShuffleSeed = ShuffleSeed };
            LaunchShape shape = new((_rows + rowsPerBlock - 1) / rowsPerBlock, 256);
            return _bench.Launch("head_norm", kernel + _variant + _type.Suffix(), shape, options, arguments).Counters!;
        }
    }
}
