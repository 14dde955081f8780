using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using GptSharp.Benchmarks.Workloads;
using GptSharp.Cli.Bench;

namespace GptSharp.Benchmarks;

/// <summary>Billions of something per second: what the benchmark's operation costs over its median time.</summary>
/// <param name="name">What the column is called.</param>
/// <param name="legend">What it tells.</param>
/// <param name="amount">How much one run of a case takes; 0 where none is counted.</param>
public sealed class RateColumn(string name, string legend, Func<BenchmarkCase, double> amount) : IColumn
{
    private static readonly Dictionary<string, (double Flops, double Bytes)> Costs = [];

    /// <summary>Floating-point operations per second.</summary>
    public static RateColumn Gigaflops { get; } = new("GFLOP/s", "10^9 floating-point operations per second", entry => Cost(entry).Flops);

    /// <summary>Bytes per second.</summary>
    public static RateColumn Gigabytes { get; } = new("GB/s", "10^9 bytes per second, of those that have to move at least", entry => Cost(entry).Bytes);

    public string Id => $"{nameof(RateColumn)}.{name}";

    public string ColumnName => name;

    public bool AlwaysShow => false;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(entry => amount(entry) > 0);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        amount(benchmarkCase) is > 0 and { } units && summary[benchmarkCase]?.ResultStatistics is { } nanoseconds
            ? (units / nanoseconds.Median).ToString("0.0", CultureInfo.InvariantCulture)
            : "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public override string ToString() => name;

    private static (double Flops, double Bytes) Cost(BenchmarkCase entry)
    {
        if (entry.Descriptor.Type == typeof(TrainStepBenchmarks))
        {
            return (StepShape.All.Single(shape => shape.Name == (string)entry.Parameters[nameof(TrainStepBenchmarks.Shape)]).FlopsPerStep, 0);
        }

        if (entry.Descriptor.Type != typeof(OpBenchmarks) && entry.Descriptor.Type != typeof(LinearBenchmarks))
        {
            return default;
        }

        string operation = (string)entry.Parameters[nameof(OpBenchmarks.Name)];
        if (!Costs.TryGetValue(operation, out (double Flops, double Bytes) cost))
        {
            using var workload = new OpWorkload(operation, threads: 1, isDry: true);
            Costs.Add(operation, cost = (workload.Flops, workload.Bytes));
        }

        return cost;
    }
}
