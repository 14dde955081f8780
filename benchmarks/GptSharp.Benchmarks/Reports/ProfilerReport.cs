using System.Diagnostics;
using System.Globalization;
using GptSharp.Cli.Bench;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Training.Profiling;

namespace GptSharp.Benchmarks.Reports;

/// <summary>What watching a step costs: steps with and without a profiler in turn.</summary>
internal static class ProfilerReport
{
    private const int Rounds = 101;

    public static void Write(TextWriter writer)
    {
        StepShape shape = StepShape.All.First(shape => shape.Name == "W2");
        using var workload = new StepWorkload(shape, Environment.ProcessorCount);
        List<double> off = [], on = [];
        long operations = 0;
        for (int round = 0; round < Rounds; round++)
        {
            off.Add(Time(workload.Run));
            var profiler = new Profiler(workload.Backend);
            workload.Watch(profiler);
            on.Add(Time(() => operations = Watched(workload, profiler)));
            workload.Watch(null);
        }

        double perOperation = SecondsPerOperation();
        double without = Median(off), with = Median(on);
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"W2: {without * 1e3:0.00} ms a step, {with * 1e3:0.00} ms watched, {(with / without) - 1:0.0 %} more for {operations} operations; medians of {Rounds} each, in turn."));
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Noting one operation takes {perOperation * 1e9:0} ns, so {operations * perOperation / without:0.00 %} of a step; without a profiler there is one comparison."));
    }

    private static long Watched(StepWorkload workload, Profiler profiler)
    {
        profiler.Run(1, () =>
        {
            workload.Run();
            return 0;
        });
        return profiler.OperationCount;
    }

    // On a busy machine two medians differ by more than what is looked for; this does not.
    private static double SecondsPerOperation()
    {
        using var engine = new Engine(new CpuBackend(1));
        using Step step = engine.BeginStep();
        Tensor x = step.New((8, 8), DType.F32);
        var info = new OpInfo("nothing", "y <- x", "F32 <- F32");
        var operands = new TensorList(x, x);
        var cost = new OpCost(1, 1);
        var profiler = new Profiler(engine.Backend);
        const int calls = 200_000;
        return Enumerable.Range(0, 5).Min(_ => Time(() =>
        {
            for (int i = 0; i < calls; i++)
            {
                profiler.OnStarting(info, operands);
                profiler.OnFinished(info, operands, cost, isReplay: false);
            }
        })) / calls;
    }

    private static double Time(Action run)
    {
        long start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
