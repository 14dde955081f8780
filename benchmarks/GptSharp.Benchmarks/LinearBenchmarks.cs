using BenchmarkDotNet.Attributes;
using GptSharp.Benchmarks.Workloads;

namespace GptSharp.Benchmarks;

/// <summary>Linear layers of GPT-2 124M with 256 tokens and of two models of characters, forward and backward.</summary>
public class LinearBenchmarks
{
    private OpWorkload? _workload;

    public static IEnumerable<string> Names => OpWorkload.LinearNames;

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Prepare() => _workload = new OpWorkload(Name, Threads);

    [Benchmark]
    public void Layer() => _workload!.Run();

    [GlobalCleanup]
    public void Release() => _workload!.Dispose();
}
