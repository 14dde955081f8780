using BenchmarkDotNet.Attributes;
using GptSharp.Benchmarks.Workloads;

namespace GptSharp.Benchmarks;

/// <summary>Kernels on the emulator, with the checks off and on.</summary>
public class PtxBenchmarks
{
    private PtxWorkload? _workload;

    public static IEnumerable<string> Names => PtxWorkload.Names;

    [ParamsSource(nameof(Names))]
    public string Name { get; set; } = "";

    [Params(false, true)]
    public bool Checked { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Prepare() => _workload = new PtxWorkload(Name, Checked, Threads);

    [Benchmark]
    public void Kernel() => _workload!.Run();

    [GlobalCleanup]
    public void Release() => _workload!.Dispose();
}
