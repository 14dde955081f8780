using System.Collections.Concurrent;
using GptSharp.Ptx.Tests.Kernels;

namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>
/// Mutants made mechanically from the sample kernels' PTX, each one statement away from it. All of them run with
/// <c>GPTSHARP_ALL_MUTANTS=1</c>; a fixed part always does.
/// </summary>
public class MutantTests(ITestOutputHelper output)
{
    private static bool IsFullRun => Environment.GetEnvironmentVariable("GPTSHARP_ALL_MUTANTS") is { Length: > 0 };

    [Fact]
    public void Dropped_barriers_waits_and_lanes_are_caught_by_a_check_not_by_a_wrong_result()
    {
        MutationKind[] kinds = [MutationKind.Barrier, MutationKind.Wait, MutationKind.LaneMask];
        Outcome[] outcomes = Run(IsFullRun ? Kernels : OnePerFile(Kernels), kinds);
        Print(outcomes);
        Assert.NotEmpty(outcomes);
        CheckArguments(kinds, outcomes.Where(outcome => outcome.Verdict != Verdict.Checked));
    }

    [Fact]
    public void Every_other_mutant_is_killed_or_argued_to_be_equivalent()
    {
        MutationKind[] kinds = [MutationKind.Swizzle, MutationKind.AlwaysTrue, MutationKind.AlwaysFalse];
        string[] representatives = ["g64x64x64_w4", "gs_adamw_sr", "gs_sqnorm_stage1", "gs_layernorm_fwd_f32"];
        Outcome[] outcomes = Run(Kernels.Where(shapes => IsFullRun || representatives.Contains(shapes[0].Kernel)), kinds);
        Print(outcomes);
        Assert.NotEmpty(outcomes);
        CheckArguments(kinds, outcomes.Where(outcome => outcome.Verdict == Verdict.Survived));
    }

    // The shapes of each kernel, the largest first: it passes through every stage of a pipeline.
    private static IEnumerable<KernelCase[]> Kernels =>
        KernelCase.All.GroupBy(item => (item.File, item.Kernel)).Select(group => group.ToArray());

    private static Outcome[] Run(IEnumerable<KernelCase[]> kernels, MutationKind[] kinds)
    {
        var work = new List<(Lazy<ComparisonRecord>[] Records, KernelCase[] Shapes, Mutant Mutant)>();
        foreach (KernelCase[] shapes in kernels)
        {
            string[] lines = Mutant.Alone(KernelSources.Ptx(shapes[0].File), shapes[0].Kernel);
            Lazy<ComparisonRecord>[] records = [.. shapes.Select(item => new Lazy<ComparisonRecord>(() => ComparisonRecord.Of(item, lines)))];
            work.AddRange(Mutant.Of(lines, shapes[0].Kernel).Where(mutant => kinds.Contains(mutant.Kind)).Select(mutant => (records, shapes, mutant)));
        }

        var outcomes = new ConcurrentBag<Outcome>();
        Parallel.ForEach(Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering), item =>
            outcomes.Add(new(item.Shapes[0], item.Mutant, MutantRun.Judge(Ordered(item.Shapes.Zip(item.Records), item.Mutant), item.Mutant))));
        return [.. outcomes.OrderBy(outcome => outcome.Name, StringComparer.Ordinal)];
    }

    // Small shapes tell wrong comparisons sooner.
    private static IEnumerable<(KernelCase Case, Lazy<ComparisonRecord> Record)> Ordered(
        IEnumerable<(KernelCase Case, Lazy<ComparisonRecord> Record)> shapes, Mutant mutant) => mutant.Role is null ? shapes : shapes.Reverse();

    // Every survivor needs its argument; and no argument may stand for a mutant that is killed, or is none.
    private static void CheckArguments(MutationKind[] kinds, IEnumerable<Outcome> survivors)
    {
        Outcome[] all = [.. survivors];
        Assert.Empty(all.Where(outcome => !Equivalents.Explains(outcome.Name)).Select(outcome => $"{outcome.Name}\t{outcome.Verdict}\t{outcome.Mutant.Statement}"));
        if (IsFullRun)
        {
            Assert.Empty(Equivalents.Of(kinds).Except(all.Select(outcome => outcome.Name)));
        }
    }

    private void Print(Outcome[] outcomes)
    {
        foreach (var group in outcomes.GroupBy(outcome => (outcome.Mutant.Role, outcome.Mutant.Kind)).OrderBy(group => group.Key))
        {
            int Count(Verdict verdict) => group.Count(outcome => outcome.Verdict == verdict);
            int equivalent = group.Count(outcome => outcome.Verdict == Verdict.Survived && Equivalents.Explains(outcome.Name));
            output.WriteLine(
                $"{group.Key.Role} {group.Key.Kind}: {Count(Verdict.Checked) + Count(Verdict.Wrong)} of {group.Count()} killed, " +
                $"{Count(Verdict.Checked)} by a check, {Count(Verdict.Wrong)} by a wrong result; {equivalent} of {Count(Verdict.Survived)} survivors " +
                $"argued to be equivalent; {Count(Verdict.NotExercised)} not exercised.");
        }

        foreach (Outcome outcome in outcomes.Where(outcome => outcome.Verdict is Verdict.Survived or Verdict.NotExercised))
        {
            string reason = outcome.Verdict == Verdict.Survived ? "survived"
                : outcome.Mutant.Kind == MutationKind.AlwaysTrue ? "never false at any shape"
                : "never true at any shape";
            output.WriteLine($"{outcome.Name}\t{outcome.Mutant.Role}\tline {outcome.Mutant.Line}: {outcome.Mutant.Statement}\t{reason}");
        }
    }

    private static IEnumerable<KernelCase[]> OnePerFile(IEnumerable<KernelCase[]> kernels) =>
        kernels.GroupBy(shapes => shapes[0].File).Select(group => group.MinBy(shapes => shapes[0].Threads)!);

    private sealed record Outcome(KernelCase Case, Mutant Mutant, Verdict Verdict)
    {
        public string Name => $"{Case.File}\t{Case.Kernel}\t{Mutant.Kind}\t{Mutant.Number}";
    }
}
