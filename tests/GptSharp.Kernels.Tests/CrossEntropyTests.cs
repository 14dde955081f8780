using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

public sealed class CrossEntropyTests
{
    private const float Upstream = -1.5f, Scale = 0.125f;

    /// <summary>Type, V, Vp, threads, weight of the z-loss.</summary>
    public static TheoryData<string, int, int, int, float> Shapes => new()
    {
        { "f32", 5, 5, 32, 0f }, { "f32", 37, 64, 32, 0.1f }, { "f32", 2051, 2112, 512, 0f }, { "f32", 8225, 8256, 512, 1e-3f },
        { "f32", 257, 257, 96, 0f }, { "bf16", 7, 7, 32, 0.1f }, { "bf16", 65, 128, 32, 0f }, { "bf16", 513, 515, 96, 1e-3f },
        { "bf16", 4103, 4160, 512, 0f }, { "bf16", 16_500, 16_512, 512, 1e-2f },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Losses_and_gradients_are_those_of_float64(string type, int v, int vp, int threads, float zLoss)
    {
        Check(type, v, vp, threads, zLoss, new LaunchOptions());
        Check(type, v, vp, threads, zLoss, new LaunchOptions { Perturb = true }); // on the worst GPU that keeps NVIDIA's error bounds
    }

    [Theory]
    [InlineData("f32", 2051, 2112)]
    [InlineData("bf16", 4103, 4160)]
    [InlineData("bf16", 65, 67)]
    public void The_gradient_may_lie_in_place_of_the_logits(string type, int v, int vp)
    {
        using Case c = new(type, v, vp, [v - 1, 3, -1]);
        c.Forward(64, 0, new LaunchOptions());

        (DeviceBuffer gradient, double[] before, _) = c.Backward(64, 0, 0, inPlace: true, new LaunchOptions());

        c.CheckGradient(gradient, 0, 0, before);
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("bf16")]
    public void The_bits_do_not_depend_on_the_order_of_warps_and_blocks(string type)
    {
        using Case c = new(type, 3001, 3008, [5, 3000, -1, 17]);
        byte[][] Run(int? seed)
        {
            LaunchOptions options = new() { ShuffleSeed = seed };
            c.Forward(512, 0.01f, options);
            DeviceBuffer gradient = c.Backward(512, 0.01f, 0, inPlace: false, options).Gradient;
            return [.. new[] { c.Loss, c.RowLoss, c.LogSumExp, gradient }.Select(buffer => buffer.Bytes.ToArray())];
        }

        byte[][] inOrder = Run(null);
        foreach (int seed in (int[])[1, 2, 3])
        {
            Assert.Equal(inOrder, Run(seed));
        }
    }

    [Fact]
    public void Rows_that_are_not_scored_pass_on_no_value_that_is_none()
    {
        using Case c = new("f32", 8, 8, [-1]);
        c.Logits.Write<float>([float.NaN, float.PositiveInfinity]);

        c.Forward(32, 0, new LaunchOptions());
        (DeviceBuffer gradient, _, _) = c.Backward(32, 0, 0, inPlace: false, new LaunchOptions());

        Assert.Equal(0, c.Loss.Read<float>()[0]);
        Assert.All(gradient.Read<float>(), value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(int.MaxValue)]
    [InlineData(-2)]
    [InlineData(int.MinValue)]
    public void A_target_outside_the_vocabulary_is_reported_and_touches_nothing(int target)
    {
        using Case c = new("f32", 8, 16, [3, target, target]);

        c.Forward(32, 0, new LaunchOptions());
        (DeviceBuffer gradient, _, _) = c.Backward(32, 0, 0, inPlace: false, new LaunchOptions());

        ulong[] report = c.Report.Read<ulong>();
        Assert.Equal([(1UL << 32) | (uint)target, (1UL << 32) | 8], report);
        Assert.Equal(0, c.RowLoss.Read<float>()[1]);
        Assert.All(gradient.Read<float>()[16..], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData("f32", 4)]
    [InlineData("bf16", 2)]
    public void The_logits_are_read_once_each_way_in_ideal_requests(string type, int size)
    {
        const int V = 50257, Vp = 50304;
        using Case c = new(type, V, Vp, [50256, 17]);
        LaunchOptions options = new() { Counters = true };

        LaunchCounters forward = c.Forward(512, 0, options).Counters!;
        LaunchCounters backward = c.Backward(512, 0, 0, inPlace: false, options).Report.Counters!;

        Assert.InRange(forward.Accesses.GlobalBytes, 2L * V * size, (long)(1.05 * 2 * V * size));
        Assert.InRange(backward.Accesses.GlobalBytes, 2L * (V + Vp) * size, (long)(1.05 * 2 * (V + Vp) * size));
        foreach (StatementCounters access in forward.Statements.Concat(backward.Statements).Where(s => s.Text.Contains(".global.v4", StringComparison.Ordinal)))
        {
            Assert.Equal(access.Accesses.GlobalBytes / 32, access.Accesses.Sectors);
        }

        Assert.InRange(forward.MaxLiveRegisters, 1, 82);
        Assert.InRange(backward.MaxLiveRegisters, 1, 82);
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("bf16")]
    public void A_logit_costs_at_most_seven_instructions_forward_and_five_backward(string type)
    {
        // What more logits cost: the same row with 32768 and with 65536 of them.
        (double forward, double backward) Cost(int v)
        {
            using Case c = new(type, v, v, [5]);
            LaunchOptions options = new() { Counters = true };
            return (InstructionCounts.PerElement(c.Forward(512, 0, options).Counters!, 1),
                InstructionCounts.PerElement(c.Backward(512, 0, 0, inPlace: false, options).Report.Counters!, 1));
        }

        (double Forward, double Backward) less = Cost(32768), more = Cost(65536);

        Assert.InRange((more.Forward - less.Forward) / 32768, 1, 7);
        Assert.InRange((more.Backward - less.Backward) / 32768, 1, 5);
    }

    private static void Check(string type, int v, int vp, int threads, float zLoss, LaunchOptions options)
    {
        using Case c = new(type, v, vp, [v - 1, 0, -1, v / 2, 1]);
        (double loss, double[] rowLoss, double[] logSumExp) = c.Expected(zLoss);

        c.Forward(threads, zLoss, options);

        Assert.Equal(rowLoss, KernelBench.ReadFloats(c.RowLoss).Select(x => (double)x), (a, b) => Math.Abs(a - b) <= 3e-6 * Math.Max(1, Math.Abs(a)));
        Assert.Equal(logSumExp, KernelBench.ReadFloats(c.LogSumExp).Select(x => (double)x), (a, b) => Math.Abs(a - b) <= 1e-6 * Math.Max(1, Math.Abs(a)));
        Assert.InRange(c.Loss.Read<float>()[0] / loss, 1 - 1e-6, 1 + 1e-6);
        foreach (float beta in (float[])[0, 1, 0.5f])
        {
            (DeviceBuffer gradient, double[] before, _) = c.Backward(threads, zLoss, beta, inPlace: false, options);
            c.CheckGradient(gradient, zLoss, beta, before);
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly KernelBench _bench = new();
        private readonly string _type;
        private readonly int _v, _vp;
        private readonly int[] _targets;
        private readonly double[] _logits;
        private readonly DeviceBuffer _target, _upstream, _state;

        public Case(string type, int v, int vp, int[] targets)
        {
            (_type, _v, _vp, _targets) = (type, v, vp, targets);
            Logits = type == "bf16" ? _bench.Halves((long)targets.Length * vp, "logits", 3) : _bench.Floats((long)targets.Length * vp, "logits", 3);
            _logits = Read(Logits);
            _target = _bench.Memory.Allocate<int>(targets, "targets");
            _upstream = _bench.Memory.Allocate<float>([Upstream], "upstream");
            _state = OptimizerBench.State(_bench, lossScale: Scale);
            Report = _bench.Memory.Allocate<ulong>([ulong.MaxValue, ulong.MaxValue], "report");
            RowLoss = _bench.Output(4L * targets.Length, "row loss");
            LogSumExp = _bench.Output(4L * targets.Length, "log sum exp");
            Loss = _bench.Output(4, "loss");
        }

        public DeviceBuffer Logits { get; }

        public DeviceBuffer RowLoss { get; }

        public DeviceBuffer LogSumExp { get; }

        public DeviceBuffer Loss { get; }

        public DeviceBuffer Report { get; }

        public (double Loss, double[] RowLoss, double[] LogSumExp) Expected(float zLoss)
        {
            double[] logSumExp = [.. _targets.Select((_, row) => Math.Log(Row(row).Sum(Math.Exp)))];
            double[] rowLoss = [.. _targets.Select((target, row) => target < 0 ? 0 : logSumExp[row] - Row(row)[target])];
            double sum = _targets.Select((target, row) => target < 0 ? 0 : rowLoss[row] + (zLoss * logSumExp[row] * logSumExp[row])).Sum();
            return (Scale * sum, rowLoss, logSumExp);
        }

        public LaunchReport Forward(int threads, float zLoss, LaunchOptions options)
        {
            LaunchReport report = _bench.Launch(
                "cross_entropy", $"cross_entropy_{_type}", new LaunchShape(_targets.Length, threads), options,
                RowLoss, LogSumExp, Logits, _target, Report, _v, _vp);
            _bench.Launch(
                "cross_entropy", "cross_entropy_sum", new LaunchShape(1, 512), options,
                Loss, RowLoss, LogSumExp, _target, _state, _targets.Length, _v, zLoss);
            return report;
        }

        public (DeviceBuffer Gradient, double[] Before, LaunchReport Report) Backward(int threads, float zLoss, float beta, bool inPlace, LaunchOptions options)
        {
            int count = _targets.Length * _vp, size = _type == "bf16" ? 2 : 4;
            DeviceBuffer gradient = inPlace ? Logits
                : beta == 0 ? _bench.Output((long)count * size, "gradient")
                : _type == "bf16" ? _bench.Halves(count, "gradient") : _bench.Floats(count, "gradient");
            double[] before = beta == 0 ? new double[count] : Read(gradient);
            LaunchReport report = _bench.Launch(
                "cross_entropy", $"cross_entropy_backward{(beta == 0 ? "" : "_add")}_{_type}", new LaunchShape(_targets.Length, threads), options,
                gradient, _upstream, Logits, _target, LogSumExp, _state, _v, _vp, zLoss, beta);
            return (gradient, before, report);
        }

        /// <summary>Every element is that of float64: to 2^-8 of it where BF16 rounds it, and to 3e-6 of the upstream gradient.</summary>
        public void CheckGradient(DeviceBuffer gradient, float zLoss, float beta, double[] before)
        {
            double[] actual = Read(gradient), logSumExp = Expected(zLoss).LogSumExp;
            double rounding = _type == "bf16" ? 1.0 / 256 : 2e-6;
            for (int row = 0; row < _targets.Length; row++)
            {
                for (int v = 0; v < _vp; v++)
                {
                    int i = (row * _vp) + v;
                    double weight = 1 + (2 * zLoss * logSumExp[row]), slope = 0;
                    if (_targets[row] >= 0 && v < _v)
                    {
                        slope = Upstream * Scale * ((weight * Math.Exp(_logits[i] - logSumExp[row])) - (v == _targets[row] ? 1 : 0));
                    }

                    double expected = slope + (beta * before[i]);
                    Assert.InRange(actual[i], expected - (rounding * Math.Abs(expected)) - 6e-7, expected + (rounding * Math.Abs(expected)) + 6e-7);
                    if (slope == 0 && beta == 0)
                    {
                        Assert.Equal(0, actual[i]);
                    }
                }
            }
        }

        public void Dispose() => _bench.Dispose();

        private double[] Row(int row) => _logits[(row * _vp)..((row * _vp) + _v)];

        private double[] Read(DeviceBuffer buffer) =>
            _type == "bf16" ? KernelBench.ReadHalves(buffer) : Array.ConvertAll(buffer.Read<float>(), value => (double)value);
    }
}
