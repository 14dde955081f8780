using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using static GptSharp.Kernels.Tests.OptimizerBench;

namespace GptSharp.Kernels.Tests;

public sealed class SgdTests
{
    private const float Rate = 0.05f, Momentum = 0.9f, Decay = 0.01f, Clip = 1.5f, Norm = 3;

    public static TheoryData<string, string, bool> Storages => OptimizerBench.Storages;

    [Theory]
    [MemberData(nameof(Storages))]
    public void An_update_is_that_of_float64(string values, string gradient, bool hasMaster)
    {
        foreach ((int first, int count, bool nesterov) in ((int, int, bool)[])[(0, 16384, false), (5, 17_001, true), (3, 1, false), (6, 2, true)])
        {
            using Case update = new(values, gradient, hasMaster, first + count + 3);
            (double[] w, double[] u, double[] moves) = update.Expected(first, count, nesterov);

            update.Launch(first, count, nesterov, new LaunchOptions { ShuffleSeed = 5 });

            double[] stored = Read(values, update.Values);
            Range moved = first..(first + count);
            Assert.InRange(WorstUnits(u, Read("f32", update.Velocity), size: 1), 0, 2);
            if (hasMaster)
            {
                double[] master = Read("f32", update.Master!);
                Assert.InRange(WorstUnits(w, master, size: 0.5), 0, 2);
                Assert.Equal(Array.ConvertAll(master, value => Rounded(values, value))[moved], stored[moved]);
            }
            else if (values == "f32")
            {
                Assert.InRange(WorstUnits(w, stored, size: 0.5), 0, 2);
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

        LaunchCounters counters = update.Launch(0, Count, nesterov: false, new LaunchOptions { Counters = true }).Counters!;

        (int value, int slope) = (values == "bf16" ? 2 : 4, gradient == "bf16" ? 2 : 4);
        long minimum = Count * (8L + slope + (hasMaster ? 8 + value : 2 * value));
        Assert.InRange(counters.Accesses.GlobalBytes, minimum, (long)(1.05 * minimum));
        Assert.All(
            counters.Statements.Where(s => s.Accesses.GlobalRequests == Count / 128),
            access => Assert.Equal(access.Accesses.GlobalBytes / 32, access.Accesses.Sectors));
        bool random = values == "bf16" && !hasMaster; // and draws a random word
        Assert.InRange(InstructionCounts.PerElement(counters, Count), 0, random ? 52 : 14);
        Assert.InRange(counters.MaxLiveRegisters, 1, 82);
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
            Velocity = _bench.Floats(count, "velocity");
            _norm = _bench.Memory.Allocate<float>([Norm], "norm");
            _state = State(_bench, Rate, 0, 0);
        }

        public DeviceBuffer Values { get; }

        public DeviceBuffer? Master { get; }

        public DeviceBuffer Velocity { get; }

        public double[] Start { get; }

        public (double[] Values, double[] Velocity, double[] Moves) Expected(int first, int count, bool nesterov)
        {
            double[] w = [.. Start], u = Read("f32", Velocity), moves = new double[Start.Length];
            for (int i = first; i < first + count; i++)
            {
                double g = (_gradients[i] * Math.Min(1, Clip / (Norm + 1e-6))) + ((double)Decay * w[i]);
                u[i] = ((double)Momentum * u[i]) + g;
                moves[i] = -(double)Rate * (nesterov ? g + ((double)Momentum * u[i]) : u[i]);
                w[i] += moves[i];
            }

            return (w, u, moves);
        }

        public LaunchReport Launch(int first, int count, bool nesterov, LaunchOptions options) => _bench.Launch(
            "sgd", Kernel("sgd", _storage.Values, _storage.Gradient, _storage.HasMaster),
            new LaunchShape(Blocks(first, count), Threads), options,
            Values, Master?.Address ?? 0UL, Velocity, _gradient, _norm, _state, (long)first, (long)count,
            Momentum, Decay, nesterov ? 1f : 0f, nesterov ? Momentum : 1f, Clip, Site);

        public void Dispose() => _bench.Dispose();
    }
}
