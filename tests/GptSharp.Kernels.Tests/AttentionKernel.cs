using System.Globalization;
using GptSharp.Cuda;
using GptSharp.Ptx;
using GptSharp.Ptx.Counters;
using GptSharp.Ptx.Memory;

namespace GptSharp.Kernels.Tests;

/// <summary>A kernel of attention forward and how it is launched.</summary>
/// <param name="Image">Source file.</param>
/// <param name="Name">The kernel.</param>
/// <param name="Queries">Rows of a block.</param>
/// <param name="Keys">Keys that a block takes at a time.</param>
/// <param name="Threads">Threads of a block.</param>
internal sealed record AttentionKernel(string Image, string Name, int Queries, int Keys, int Threads)
{
    /// <summary>D, or the largest that it takes.</summary>
    public int HeadSize => int.Parse(Name.Split('_')[1].TrimStart('d'), CultureInfo.InvariantCulture);

    private bool OnTensorCores => Image != "attention";

    /// <summary>A kernel of attention_d64.cu.</summary>
    public static AttentionKernel D64(string kind) => Named($"attention_d64_{kind}_bf16");

    /// <summary>A kernel of attention_d128.cu.</summary>
    public static AttentionKernel D128(string kind) => Named($"attention_d128_{kind}_bf16");

    /// <summary>Any of them.</summary>
    public static AttentionKernel Named(string name) => name.Split('_') switch
    {
        [_, "d64", "long", ..] => new("attention_d64", name, 128, 64, 128),
        [_, "d64", ..] => new("attention_d64", name, 64, 64, 128),
        [_, "d128", "all", ..] => new("attention_d128", name, 128, 32, 256),
        [_, "d128", ..] => new("attention_d128", name, 128, 64, 256),
        [_, "64", "few", _] => new("attention", name, 16, 32, 128),
        [_, "64", _] => new("attention", name, 64, 32, 128),
        [_, "128", "few", _] => new("attention", name, 16, 16, 128),
        [_, "128", _] => new("attention", name, 64, 16, 128),
        _ => new("attention", name, 32, 8, 128),
    };

    /// <summary>What a launch read and wrote.</summary>
    public sealed record Result(double[] Y, float[] LogSumExp, double[] Qkv, LaunchCounters Counters);

    public override string ToString() => Name;

    /// <summary>Launches the kernel, all checks on.</summary>
    /// <param name="problem">Sizes and form.</param>
    /// <param name="isHalf">BF16 in memory, else binary32.</param>
    /// <param name="options">For example a random order of warps.</param>
    public Result Run(AttentionProblem problem, bool isHalf = true, LaunchOptions? options = null)
    {
        using KernelBench bench = new();
        (int b, int t, int h, int g, int d, int bytes) =
            (problem.Batch, problem.Time, problem.Heads, problem.KeyHeads, problem.HeadSize, isHalf ? 2 : 4);
        long count = (long)b * t * problem.Width;
        DeviceBuffer qkv = isHalf ? bench.Halves(count, "qkv") : bench.Floats(count, "qkv");
        DeviceBuffer y = bench.Output((long)b * t * h * d * bytes, "y"), logSumExp = bench.Output(4L * b * h * t, "logSumExp");
        KernelArgument Head(int head) => qkv.Address + (ulong)(head * d * bytes);
        LaunchShape shape = new((b * h, (t + Queries - 1) / Queries), Threads, SharedBytes(d));
        KernelArgument[] own = OnTensorCores
            ? [y, logSumExp, qkv]
            : [y, logSumExp, Head(0), Head(h), Head(h + g), 0L, problem.Width, problem.Width, t];
        LaunchReport report = bench.Launch(
            Image, Name, shape, (options ?? new LaunchOptions { Workers = 1 }) with { Counters = true, SharedBytes = shape.SharedBytes },
            [.. own, .. problem.FormArguments(bench)]);
        return new(Read(y, isHalf), KernelBench.ReadFloats(logSumExp), Read(qkv, isHalf), report.Counters!);
    }

    /// <summary>Launches, and compares outputs and logarithms with binary64 within what the roundings of storage, weights and sums explain.</summary>
    public Result Check(AttentionProblem problem, bool isHalf = true, LaunchOptions? options = null)
    {
        Result result = Run(problem, isHalf, options);
        AttentionOracle oracle = new(problem, result.Qkv, new double[result.Y.Length], isHalf);
        double stored = isHalf ? Math.Pow(2, -8) : Math.Pow(2, -24);
        double weights = (OnTensorCores ? Math.Pow(2, -8) : 0) + 2e-5; // tensor cores take weights as BF16
        for (int n = 0; n < result.Y.Length; n++)
        {
            double bound = (stored * Math.Abs(oracle.Y[n])) + (weights * oracle.Magnitude[n]) + 1e-30;
            Assert.True(
                Math.Abs(result.Y[n] - oracle.Y[n]) <= bound, $"{Name}, {problem}: y[{n}] is {result.Y[n]} instead of {oracle.Y[n]}, bound {bound}.");
        }

        for (int n = 0; n < result.LogSumExp.Length; n++)
        {
            Assert.Equal(oracle.LogSumExp[n], result.LogSumExp[n], 1e-5 * (1 + Math.Abs(oracle.LogSumExp[n])));
        }

        return result;
    }

    private static double[] Read(DeviceBuffer buffer, bool isHalf) =>
        isHalf ? KernelBench.ReadHalves(buffer) : Array.ConvertAll(KernelBench.ReadFloats(buffer), value => (double)value);

    private int SharedBytes(int d)
    {
        int pitch = (((d + 3) / 4) | 1) * 4, weightsPitch = Keys % 16 == 0 ? Keys + 8 : Keys;
        return OnTensorCores ? 2 * d * (Queries + (4 * Keys)) : 4 * (((Queries + (2 * Keys)) * pitch) + (Queries * weightsPitch));
    }
}
