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
        Assert.Empty(Unexplained(outcomes.Where(outcome => outcome.Verdict != Verdict.Checked)));
    }

    [Fact]
    public void Every_other_mutant_is_killed_or_argued_to_be_equivalent()
    {
        MutationKind[] kinds = [MutationKind.Swizzle, MutationKind.AlwaysTrue, MutationKind.AlwaysFalse];
        string[] representatives = ["g64x64x64_w4", "gs_adamw_sr", "gs_sqnorm_stage1", "gs_layernorm_fwd_f32"];
        Outcome[] outcomes = Run(Kernels.Where(shapes => IsFullRun || representatives.Contains(shapes[0].Kernel)), kinds);
        Print(outcomes);
        Outcome[] survivors = [.. outcomes.Where(outcome => outcome.Verdict == Verdict.Survived)];
        Assert.NotEmpty(outcomes);
        Assert.Empty(Unexplained(survivors.Where(outcome => outcome.Mutant.Kind == MutationKind.Swizzle || !IsFullRun)));
        Assert.InRange(survivors.Length, 0, outcomes.Length / 10);
    }

    // The shapes of each kernel, the largest first: it passes through every stage of a pipeline.
    private static IEnumerable<KernelCase[]> Kernels =>
        KernelCase.All.GroupBy(item => (item.File, item.Kernel)).Select(group => group.ToArray());

    private static Outcome[] Run(IEnumerable<KernelCase[]> kernels, MutationKind[] kinds)
    {
        var work = new List<(KernelCase[] Shapes, Mutant Mutant)>();
        foreach (KernelCase[] shapes in kernels)
        {
            work.AddRange(Mutant.Of(KernelSources.Ptx(shapes[0].File), shapes[0].Kernel).Where(mutant => kinds.Contains(mutant.Kind)).Select(mutant => (shapes, mutant)));
        }

        var outcomes = new ConcurrentBag<Outcome>();
        Parallel.ForEach(Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering), pair =>
            outcomes.Add(new(pair.Shapes[0], pair.Mutant, MutantRun.Judge(pair.Shapes, pair.Mutant))));
        return [.. outcomes.OrderBy(outcome => outcome.Name, StringComparer.Ordinal)];
    }

    private static string[] Unexplained(IEnumerable<Outcome> survivors) =>
        [.. survivors.Where(outcome => !Equivalents.Explains(outcome.Name)).Select(outcome => $"{outcome.Name}\t{outcome.Verdict}\t{outcome.Mutant.Statement}")];

    private void Print(Outcome[] outcomes)
    {
        foreach (IGrouping<MutationKind, Outcome> group in outcomes.GroupBy(outcome => outcome.Mutant.Kind).OrderBy(group => group.Key))
        {
            int byCheck = group.Count(outcome => outcome.Verdict == Verdict.Checked);
            int byResult = group.Count(outcome => outcome.Verdict == Verdict.Wrong);
            int equivalent = group.Count(outcome => outcome.Verdict == Verdict.Survived && Equivalents.Explains(outcome.Name));
            output.WriteLine($"{group.Key}: {byCheck + byResult} of {group.Count()} killed, {byCheck} by a check, {byResult} by a wrong result; {equivalent} equivalent.");
        }

        foreach (Outcome outcome in outcomes.Where(outcome => outcome.Verdict == Verdict.Survived))
        {
            output.WriteLine($"{outcome.Name}\t{outcome.Mutant.Statement}");
        }
    }

    private static IEnumerable<KernelCase[]> OnePerFile(IEnumerable<KernelCase[]> kernels) =>
        kernels.GroupBy(shapes => shapes[0].File).Select(group => group.MinBy(shapes => shapes[0].Threads)!);

    private sealed record Outcome(KernelCase Case, Mutant Mutant, Verdict Verdict)
    {
        public string Name => $"{Case.File}\t{Case.Kernel}\t{Mutant.Kind}\t{Mutant.Number}";
    }
}
