using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using static GptSharp.Kernels.Tests.OptimizerBench;

namespace GptSharp.Kernels.Tests;

public sealed class AdamWTests
{
    private const float Rate = 0.01f, Beta1 = 0.9f, Beta2 = 0.95f, Epsilon = 1e-8f, Decay = 0.1f, Clip = 1.5f, Norm = 40;
    private const float Correction1 = 0.271f, Correction2 = 0.142625f;

    public static TheoryData<string, string, bool> Storages => OptimizerBench.Storages;

    [Theory]
    [MemberData(nameof(Storages))]
    public void An_update_is_that_of_float64(string values, string gradient, bool hasMaster)
    {
        foreach ((int first, int count) in ((int, int)[])[(0, 16384), (5, 17_001), (3, 1), (6, 2)])
        {
            using Case update = new(values, gradient, hasMaster, first + count + 3);
            (double[] w, double[] m, double[] v, double[] moves) = update.Expected(first, count);

            update.Launch(first, count, new LaunchOptions { Perturb = true, ShuffleSeed = 5 }); // approximations at the edge of NVIDIA's error bounds

            double[] stored = Read(values, update.Values);
            Range moved = first..(first + count);
            Assert.InRange(WorstUnits(m, Read("f32", update.FirstMoment), size: 0.1), 0, 2);
            Assert.InRange(WorstUnits(v, Read("f32", update.SecondMoment)), 0, 3);
            if (hasMaster)
            {
                double[] master = Read("f32", update.Master!);
                Assert.InRange(WorstUnits(w, master, moves), 0, 4);
                Assert.Equal(Array.ConvertAll(master, value => Rounded(values, value))[moved], stored[moved]);
            }
            else if (values == "f32")
            {
                Assert.InRange(WorstUnits(w, stored, moves), 0, 4);
            }
            else
            {
                CheckRandomRounding(w, stored, moves, first, count);
            }

            Assert.Equal(update.Start[..first], stored[..first]);
            Assert.Equal(update.Start[(first + count)..], stored[(first + count)..]);
        }
    }

    [Theory]
    [MemberData(nameof(Storages))]
    public void Every_byte_is_moved_once_in_ideal_requests(string values, string gradient, bool hasMaster)
    {
        const int Count = 4 * ElementsPerBlock;
        using Case update = new(values, gradient, hasMaster, Count);

        LaunchCounters counters = update.Launch(0, Count, new LaunchOptions { Counters = true }).Counters!;

        (int value, int slope) = (values == "bf16" ? 2 : 4, gradient == "bf16" ? 2 : 4);
        long minimum = Count * (16L + slope + (hasMaster ? 8 + value : 2 * value));
        Assert.InRange(counters.Accesses.GlobalBytes, minimum, (long)(1.05 * minimum));
        Assert.All(
            counters.Statements.Where(s => s.Accesses.GlobalRequests == Count / 128),
            access => Assert.Equal(access.Accesses.GlobalBytes / 32, access.Accesses.Sectors));
        bool random = values == "bf16" && !hasMaster; // and draws a random word
        Assert.InRange(InstructionCounts.PerElement(counters, Count), 0, random ? 60 : 22);
        Assert.InRange(counters.MaxLiveRegisters, 1, 82);
    }

    [Fact]
    public void Moments_below_the_smallest_normal_number_still_divide()
    {
        // A gradient of 1e-21 has the square 1e-42; a root that made zero of it would divide by epsilon alone.
        using KernelBench bench = new();
        DeviceBuffer w = bench.Memory.Allocate<float>([1, 1, 1, 1], "w"), g = bench.Memory.Allocate<float>([1e-21f, 1e-21f, -1e-21f, 0], "g");
        DeviceBuffer m = bench.Memory.Allocate<float>(new float[4], "m"), v = bench.Memory.Allocate<float>(new float[4], "v");
        DeviceBuffer state = State(bench, 0.5f, 0.1f, 0.05f);

        bench.Launch(
            "adamw", "adamw_f32_f32", new LaunchShape(1, Threads), w, 0UL, m, v, g, 0UL, state, 0L, 4L,
            Beta1, 1 - Beta1, Beta2, 1 - Beta2, 1e-30f, 0f, float.PositiveInfinity, Site);

        // The first move is the learning rate against the gradient; 1e-42 has ten bits.
        Assert.Equal([0.5, 0.5, 1.5, 1.0], Read("f32", w), (a, b) => Math.Abs(a - b) < 0.01);
    }

    [Fact]
    public void A_norm_that_is_no_number_makes_every_value_none()
    {
        using KernelBench bench = new();
        DeviceBuffer w = bench.Floats(4, "w"), g = bench.Floats(4, "g"), norm = bench.Memory.Allocate<float>([float.NaN], "norm");
        DeviceBuffer m = bench.Memory.Allocate<float>(new float[4], "m"), v = bench.Memory.Allocate<float>(new float[4], "v");

        bench.Launch(
            "adamw", "adamw_f32_f32", new LaunchShape(1, Threads), w, 0UL, m, v, g, norm, State(bench, Rate, 0.1f, 0.05f), 0L, 4L,
            Beta1, 1 - Beta1, Beta2, 1 - Beta2, Epsilon, Decay, Clip, Site);

        Assert.All(Read("f32", w), value => Assert.True(double.IsNaN(value)));
    }

    private sealed class Case : IDisposable
    {
        private readonly KernelBench _bench = new();
        private readonly (string Values, string Gradient, bool HasMaster) _storage;
        private readonly double[] _gradients;
        private readonly DeviceBuffer _gradient, _norm, _state;

        public Case(string values, string gradient, bool hasMaster, int count)
        {
            _storage = (values, gradient, hasMaster);
            Values = OptimizerBench.Values(_bench, values, count, "values");
            Start = Read(values, Values);
            Master = hasMaster ? _bench.Memory.Allocate<float>(Array.ConvertAll(Start, value => (float)value), "master") : null;
            _gradient = OptimizerBench.Values(_bench, gradient, count, "gradient");
            _gradients = Read(gradient, _gradient);
            FirstMoment = _bench.Floats(count, "first moment", 0.1);
            SecondMoment = _bench.Memory.Allocate<float>([.. _bench.Floats(count, "roots", 0.1).Read<float>().Select(root => root * root)], "second moment");
            _norm = _bench.Memory.Allocate<float>([Norm], "norm");
            _state = State(_bench, Rate, Correction1, Correction2);
        }

        public DeviceBuffer Values { get; }

        public DeviceBuffer? Master { get; }

        public DeviceBuffer FirstMoment { get; }

        public DeviceBuffer SecondMoment { get; }

        public double[] Start { get; }

        public (double[] Values, double[] FirstMoment, double[] SecondMoment, double[] Moves) Expected(int first, int count)
        {
            double[] w = [.. Start], moves = new double[Start.Length], m = Read("f32", FirstMoment), v = Read("f32", SecondMoment);
            for (int i = first; i < first + count; i++)
            {
                double g = _gradients[i] * Math.Min(1, Clip / (Norm + 1e-6));
                m[i] = ((double)Beta1 * m[i]) + ((1 - (double)Beta1) * g);
                v[i] = ((double)Beta2 * v[i]) + ((1 - (double)Beta2) * g * g);
                moves[i] = -Rate * (((double)Decay * w[i]) + (m[i] / Correction1 / (Math.Sqrt(v[i] / Correction2) + Epsilon)));
                w[i] += moves[i];
            }

            return (w, m, v, moves);
        }

        public LaunchReport Launch(int first, int count, LaunchOptions options) => _bench.Launch(
            "adamw", Kernel("adamw", _storage.Values, _storage.Gradient, _storage.HasMaster),
            new LaunchShape(Blocks(first, count), Threads), options,
            Values, Master?.Address ?? 0UL, FirstMoment, SecondMoment, _gradient, _norm, _state, (long)first, (long)count,
            Beta1, (float)(1 - (double)Beta1), Beta2, (float)(1 - (double)Beta2), Epsilon, Decay, Clip, Site);

        public void Dispose() => _bench.Dispose();
    }
}
