using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda.AttentionRoutes;

namespace GptSharp.Kernels.Tests;

/// <summary>Inputs and outputs of attention's backward kernels, and what they should give.</summary>
internal sealed class AttentionGradientBench : IDisposable
{
    private const int StatisticsRows = 64;
    private readonly KernelBench _bench = new();
    private readonly AttentionProblem _problem;
    private readonly AttentionOracle _oracle;
    private readonly bool _isHalf;
    private readonly DeviceBuffer _qkv, _dy, _y, _logSumExp;
    private readonly KernelArgument[] _form;
    private readonly double[] _before;

    /// <param name="problem">Sizes and form.</param>
    /// <param name="isHalf">BF16 in memory, else binary32.</param>
    /// <param name="qkvScale">Size of queries, keys and values.</param>
    public AttentionGradientBench(AttentionProblem problem, bool isHalf, double qkvScale = 1)
    {
        (_problem, _isHalf) = (problem, isHalf);
        int count = problem.Batch * problem.Time * problem.Width, outputs = problem.Batch * problem.Time * problem.Heads * problem.HeadSize;
        _qkv = Normal(count, "qkv", qkvScale);
        _dy = Normal(outputs, "dy", 1);
        _oracle = new AttentionOracle(problem, Read(_qkv), Read(_dy), isHalf);
        _y = Store(_oracle.Y, "y");
        Read(_y).CopyTo(_oracle.Y, 0);
        _oracle.Backward();
        _logSumExp = _bench.Memory.Allocate<float>(_oracle.LogSumExp, "logSumExp");
        _before = new double[count];
        if (problem.Beta != 0)
        {
            DQkv = Normal(count, "dQkv", 1);
            _before = Read(DQkv);
        }
        else
        {
            DQkv = _bench.Output(_qkv.Bytes.Length, "dQkv");
        }

        long padded = (problem.Time + StatisticsRows - 1) / StatisticsRows * StatisticsRows;
        Statistics = _bench.Output(8 * problem.Batch * problem.Heads * padded, "statistics");
        FirstKeys = _bench.Output(4 * problem.Batch * padded, "firstKeys");
        _form = problem.FormArguments(_bench);
    }

    public DeviceBuffer DQkv { get; }

    /// <summary>(B H, T', 2): L in base 2 and -delta.</summary>
    public DeviceBuffer Statistics { get; }

    /// <summary>(B, T').</summary>
    public DeviceBuffer FirstKeys { get; }

    /// <summary>Launches the kernel that fills the statistics and, if the form hides keys that causality does not, the first keys.</summary>
    public LaunchCounters Delta(string kernel) => Launch(
        "attention_delta", kernel, Shape(_problem.Heads, StatisticsRows, 256, 0), null,
        [Statistics, NeedsFirstKeys ? FirstKeys : 0L, _dy, _y, _logSumExp, .. _form]);

    /// <summary>Launches a kernel of gradients.</summary>
    /// <param name="tile">The kernel.</param>
    /// <param name="ownsKeys">Its blocks own keys and values.</param>
    /// <param name="shuffleSeed">Of a random order of blocks and warps.</param>
    public LaunchCounters Gradients(AttentionBackwardTile tile, bool ownsKeys, int? shuffleSeed = null) => Launch(
        tile.Image, tile.Name, tile.Shape(_problem.Batch * (ownsKeys ? _problem.KeyHeads : _problem.Heads), _problem.Time), shuffleSeed,
        [DQkv, _qkv, _dy, Statistics, FirstKeys, _problem.Beta, .. _form]);

    /// <summary>Launches a kernel of another text than the one that ships.</summary>
    public void Gradients(PtxModule module, AttentionBackwardTile tile, bool ownsKeys)
    {
        LaunchShape shape = tile.Shape(_problem.Batch * (ownsKeys ? _problem.KeyHeads : _problem.Heads), _problem.Time);
        module.Launch(
            tile.Name, new Dimensions(shape.GridX), new Dimensions(shape.Threads),
            (KernelArgument[])[DQkv, _qkv, _dy, Statistics, FirstKeys, _problem.Beta, .. _form], _bench.Memory,
            new LaunchOptions { SharedBytes = shape.SharedBytes, Workers = 1 });
    }

    /// <summary>Launches all three kernels, as the backend does.</summary>
    /// <param name="tensorCores">Those for tensor cores, else those for every form.</param>
    /// <param name="choose">Which of the kernels that can serve; without it the first.</param>
    /// <param name="shuffleSeed">Of a random order of blocks and warps.</param>
    public void Run(bool tensorCores, Func<AttentionBackwardTile[], AttentionBackwardTile>? choose = null, int? shuffleSeed = null)
    {
        Delta(tensorCores ? $"attention_delta_d{_problem.HeadSize}_bf16" : _isHalf ? "attention_delta_bf16" : "attention_delta_f32");
        foreach (bool ownsKeys in (bool[])[true, false])
        {
            AttentionBackwardTile[] tiles = RouteOf(_problem, _isHalf, tensorCores, ownsKeys).Tiles();
            Gradients((choose ?? (all => all[0]))(tiles), ownsKeys, shuffleSeed);
        }
    }

    /// <summary>How the backend routes a problem.</summary>
    public static AttentionBackwardRoute RouteOf(AttentionProblem problem, bool isHalf, bool tensorCores, bool ownsKeys) => new(
        isHalf ? DType.BF16 : DType.F32, problem.HeadSize, problem.Time, tensorCores,
        AttentionBackwardRoute.FeaturesOf(
            new AttentionForm(problem.Heads, problem.KeyHeads) { Window = problem.Window, SoftCap = problem.SoftCap, Alibi = problem.Alibi },
            problem.DocumentLength != 0, problem.DropoutRate),
        ownsKeys);

    /// <summary>The largest ratio of error to bound over all of dQkv; at most 1 if the kernels are right.</summary>
    public double WorstError()
    {
        double[] actual = Read(DQkv);
        double unit = _isHalf ? Math.Pow(2, -8) : Math.Pow(2, -24), worst = 0;
        for (int n = 0; n < actual.Length; n++)
        {
            double expected = _oracle.Gradient[n] + (_problem.Beta * _before[n]);
            double bound = _oracle.Bound[n] + (unit * 2 * Math.Abs(_problem.Beta * _before[n]));
            double ratio = Math.Abs(actual[n] - expected) / bound;
            worst = double.IsNaN(ratio) ? double.PositiveInfinity : Math.Max(worst, ratio);
        }

        return worst;
    }

    public void Dispose() => _bench.Dispose();

    private bool NeedsFirstKeys =>
        _problem is { Window: not 0 } or { DocumentLength: not 0 } or { SoftCap: not 0 } or { Alibi: true } or { DropoutRate: not 0 };

    private LaunchShape Shape(int heads, int rows, int threads, int sharedBytes) =>
        new(_problem.Batch * heads * ((_problem.Time + rows - 1) / rows), threads, sharedBytes);

    private LaunchCounters Launch(string image, string kernel, LaunchShape shape, int? shuffleSeed, KernelArgument[] arguments) =>
        _bench.Launch(
            image, kernel, shape,
            new LaunchOptions { Counters = true, SharedBytes = shape.SharedBytes, Workers = 1, ShuffleSeed = shuffleSeed }, arguments).Counters!;

    private DeviceBuffer Normal(int count, string name, double scale) =>
        _isHalf ? _bench.Halves(count, name, scale) : _bench.Floats(count, name, scale);

    private DeviceBuffer Store(double[] values, string name) => _isHalf
        ? _bench.Memory.Allocate<BF16>(Array.ConvertAll(values, value => (BF16)value), name)
        : _bench.Memory.Allocate<float>(Array.ConvertAll(values, value => (float)value), name);

    private double[] Read(DeviceBuffer buffer) =>
        _isHalf ? KernelBench.ReadHalves(buffer) : Array.ConvertAll(KernelBench.ReadFloats(buffer), value => (double)value);
}
