using BenchmarkDotNet.Attributes;
using GptSharp.Cli.Bench;

namespace GptSharp.Benchmarks;

/// <summary>Whole training steps.</summary>
public class TrainStepBenchmarks
{
    private StepWorkload? _workload;

    public static IEnumerable<string> Names => StepShape.All.Select(shape => shape.Name);

    [ParamsSource(nameof(Names))]
    public string Shape { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Prepare() => _workload = new StepWorkload(StepShape.All.Single(shape => shape.Name == Shape), Threads);

    [Benchmark]
    public void Step() => _workload!.Run();

    [GlobalCleanup]
    public void Release() => _workload!.Dispose();
}
