using GptSharp.Ptx.Memory;
using GptSharp.Ptx.Tests.Kernels;

namespace GptSharp.Ptx.Tests.Mutants;

/// <summary>How a mutant was found out, or that it was not.</summary>
public enum Verdict
{
    /// <summary>A check named the mistake.</summary>
    Checked,

    /// <summary>No check did, but the result is wrong.</summary>
    Wrong,

    /// <summary>Nothing was noticed.</summary>
    Survived,

    /// <summary>At none of the shapes did it execute anything else than the kernel: its comparison never came out the other way.</summary>
    NotExercised,
}

/// <summary>Runs mutants.</summary>
internal static class MutantRun
{
    // The longest kernel among the cases takes a few thousand instructions per warp.
    private const long StepLimit = 300_000;

    /// <summary>Runs a mutant on one shape after the other where it can be told from the kernel, with all checks on, until something is noticed.</summary>
    /// <param name="shapes">The kernel's shapes, each with what its comparisons did.</param>
    /// <param name="mutant">The mutant.</param>
    public static Verdict Judge(IEnumerable<(KernelCase Case, Lazy<ComparisonRecord> Record)> shapes, Mutant mutant)
    {
        var module = new Lazy<PtxModule>(() => PtxModule.Parse(mutant.Text));
        Verdict last = Verdict.NotExercised;
        foreach ((KernelCase item, _) in shapes.Where(shape => mutant.Role is null || shape.Record.Value.Tells(mutant)))
        {
            last = Judge(item, module.Value);
            if (last != Verdict.Survived)
            {
                break;
            }
        }

        return last;
    }

    private static Verdict Judge(KernelCase item, PtxModule module)
    {
        using var bench = new Bench();
        KernelArgument[] arguments = item.Prepare(bench);
        try
        {
            module.Launch(
                item.Kernel,
                item.Grid,
                new Dimensions(item.Threads),
                arguments,
                bench.Memory,
                new LaunchOptions { SharedBytes = item.SharedBytes, StepLimit = StepLimit, Workers = 1 });
        }
        catch (KernelFaultException fault)
        {
            return fault.Finding.Kind == FindingKind.EndlessLoop ? Verdict.Wrong : Verdict.Checked;
        }

        return bench.FirstError() is null ? Verdict.Survived : Verdict.Wrong;
    }
}
