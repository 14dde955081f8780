using BenchmarkDotNet.Attributes;
using GptSharp.Benchmarks.Workloads;

namespace GptSharp.Benchmarks;

/// <summary>Single operations but linear layers, at sizes that do not fit into caches.</summary>
public class OpBenchmarks
{
    private OpWorkload? _workload;

    public static IEnumerable<string> Names => OpWorkload.Names;

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Prepare() => _workload = new OpWorkload(Name, Threads);

    [Benchmark]
    public void Op() => _workload!.Run();

    [GlobalCleanup]
    public void Release() => _workload!.Dispose();
}
