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
}

/// <summary>Runs mutants.</summary>
internal static class MutantRun
{
    // The longest kernel among the cases takes a few thousand instructions per warp.
    private const long StepLimit = 300_000;

    /// <summary>Runs a mutant on one shape after the other, with all checks on, until something is noticed.</summary>
    public static Verdict Judge(IEnumerable<KernelCase> shapes, Mutant mutant)
    {
        PtxModule module = PtxModule.Parse(mutant.Text);
        foreach (KernelCase shape in shapes)
        {
            if (Judge(shape, module) is var verdict and not Verdict.Survived)
            {
                return verdict;
            }
        }

        return Verdict.Survived;
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
