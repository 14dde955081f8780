using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;
using GptSharp.Tensors;

namespace GptSharp.Kernels.Tests;

/// <summary>The buffers of one normalisation, and the launches of its kernels.</summary>
internal sealed class NormBench : IDisposable
{
    private const float Epsilon = 1e-5f;
    private readonly KernelBench _bench = new();
    private readonly string _name;
    private readonly string _width;
    private readonly DType _type;
    private readonly int _rows;
    private readonly int _channels;
    private readonly DeviceBuffer _x;
    private readonly DeviceBuffer _weight;
    private readonly DeviceBuffer _mean;
    private readonly DeviceBuffer _rstd;

    public NormBench(string name, string width, DType type, int rows, int channels)
    {
        (_name, _width, _type, _rows, _channels) = (name, width, type, rows, channels);
        long count = (long)rows * channels;
        _x = _bench.Given(type, _bench.Normal(type, count, "draws", 2).Read(type).Select(value => value + 1), "x");
        _weight = _bench.Normal(type, channels, "weight");
        Bias = IsCentred ? _bench.Normal(type, channels, "bias") : null;
        Dy = _bench.Normal(type, count, "dy");
        (Y, Dx) = (_bench.Output(type, count, "y"), _bench.Output(type, count, "dx"));
        (_mean, _rstd) = (_bench.Output(rows * 4L, "mean"), _bench.Output(rows * 4L, "rstd"));
        Partial = _bench.Output(0, "partial");
        Oracle = new NormOracle(IsCentred, channels, _x.Read(type), _weight.Read(type), Epsilon);
    }

    public int? ShuffleSeed { get; init; }

    public bool IsCentred => _name == "layer_norm";

    public NormOracle Oracle { get; }

    public DeviceBuffer? Bias { get; }

    public DeviceBuffer Y { get; }

    public DeviceBuffer Dy { get; }

    public DeviceBuffer Dx { get; }

    public DeviceBuffer Partial { get; private set; }

    /// <summary>Of a row: a warp for every 512 channels of a wide one.</summary>
    public int RowWarps => IsWide ? (_channels + 511) / 512 : 1;

    /// <summary>Of a block of a forward kernel: rows have warps of their own, as many rows as fit, or eight warps where a row can be of any kind.</summary>
    public int ForwardWarps(int rowsPerBlock) =>
        _width == "any" ? 8 : RowWarps * Math.Min(rowsPerBlock, (IsWide ? 16 : 12) / RowWarps);

    /// <summary>Of a block of a backward kernel: those of a wide row, or eight.</summary>
    public int BackwardWarps => IsWide ? RowWarps : 8;

    // Of a pair, shared memory holds one row and a half; forward is as with any wide row.
    private bool IsWide => _width is "wide" or "pair";

    public LaunchCounters Forward(int rowsPerBlock)
    {
        KernelArgument[] statistics = IsCentred ? [_mean, _rstd] : [_rstd], bias = Bias is null ? [] : [Bias];
        return Launch(
            $"{_name}_{(_width == "pair" ? "wide" : _width)}{_type.Suffix()}", Blocks(rowsPerBlock), ForwardWarps(rowsPerBlock), StagedBytes(_type.Size(), _type.Size() * (IsCentred ? 2 : 1)),
            [Y, .. statistics, _x, _weight, .. bias, _rows, _channels, rowsPerBlock, 1f / _channels, Epsilon]);
    }

    public (double[] Y, double[] Mean, double[] Rstd) ReadForward() =>
        (Y.Read(_type), IsCentred ? _mean.Read(DType.F32) : [], _rstd.Read(DType.F32));

    /// <summary>batch: how many wide rows to a barrier.</summary>
    public LaunchCounters Backward(int rowsPerBlock, float beta, int batch = 1, bool withDx = true, bool withPartial = true)
    {
        Partial = _bench.Output(Blocks(rowsPerBlock) * (IsCentred ? 8L : 4L) * _channels, "partial");
        KernelArgument[] statistics = IsCentred ? [_mean, _rstd] : [_rstd];
        return Launch(
            $"{_name}_backward_{_width}{_type.Suffix()}", Blocks(rowsPerBlock), BackwardWarps,
            StagedBytes(sizeof(float), (_width == "pair" ? 3 : 2 * batch) * _type.Size()),
            [
                withDx ? Dx : 0L, withPartial ? Partial : 0L, Dy, _x, _weight, .. statistics,
                _rows, _channels, rowsPerBlock, batch, 1f / _channels, beta,
            ]);
    }

    /// <summary>The weights' gradients from the last backward launch.</summary>
    public (double[] First, double[] Second) ColumnSums(DType gradient, double startValue, float beta)
    {
        double[] start = [.. Enumerable.Repeat(startValue, _channels)];
        (DeviceBuffer first, DeviceBuffer second) = (_bench.Given(gradient, start, "dw"), _bench.Given(gradient, start, "db"));
        int columns = (IsCentred ? 2 : 1) * _channels;
        _bench.Launch(
            "column_sums", "column_sums" + gradient.Suffix(), new LaunchShape((columns + 31) / 32, 256),
            first, IsCentred ? second : 0L, Partial, (int)((long)Partial.ByteCount / (4L * columns)), _channels, columns, beta, beta);
        return (first.Read(gradient), second.Read(gradient));
    }

    public void Dispose() => _bench.Dispose();

    private int Blocks(int rowsPerBlock) => (_rows + rowsPerBlock - 1) / rowsPerBlock;

    private int StagedBytes(int narrowElement, int wideElement) => _width switch
    {
        "any" => 0,
        "wide" or "pair" => RowWarps * 512 * wideElement,
        _ => int.Parse(_width) * narrowElement * (IsCentred ? 2 : 1),
    };

    private LaunchCounters Launch(string kernel, int blocks, int warps, int sharedBytes, KernelArgument[] arguments)
    {
        LaunchOptions options = new() { Counters = true, SharedBytes = sharedBytes, Workers = 1, ShuffleSeed = ShuffleSeed };
        return _bench.Launch(_name, kernel, new LaunchShape(blocks, 32 * warps, sharedBytes), options, arguments).Counters!;
    }
}
