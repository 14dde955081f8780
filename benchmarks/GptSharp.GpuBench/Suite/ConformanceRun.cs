using GptSharp.Cuda;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.TestKit;

namespace GptSharp.GpuBench.Suite;

/// <summary>The conformance suite of the tests on the device: outputs and gradients of every operation beside the reference in float64.</summary>
internal static class ConformanceRun
{
    /// <summary>Runs it.</summary>
    /// <param name="open">Opens the device.</param>
    /// <param name="device">What it is.</param>
    /// <param name="isSmall">Whether the first case of each operation is enough.</param>
    /// <param name="output">Where failures are told as they come.</param>
    public static ConformanceSummary Run(Func<ICudaDriver> open, DeviceProperties device, bool isSmall, TextWriter output)
    {
        int passed = 0;
        var failures = new List<string>();
        foreach (SuiteCase suiteCase in SuiteCase.All(device, isSmall))
        {
            if (Check(suiteCase.Case, suiteCase.Precision, open) is { } failure)
            {
                failures.Add($"{suiteCase.Name}: {failure}");
                output.WriteLine($"FAILED {failures[^1]}");
            }
            else
            {
                passed++;
            }
        }

        output.WriteLine($"{passed} passed, {failures.Count} failed");
        return new ConformanceSummary(passed, failures);
    }

    private static string? Check(OpCase opCase, Precision precision, Func<ICudaDriver> open)
    {
        try
        {
            OpConformance.CheckAgainstReference(opCase, precision, NewBackend);
            OpConformance.CheckRepeatable(opCase, precision, _ => NewBackend());
            return null;
        }
        catch (Exception failure)
        {
            return $"{failure.GetType().Name}: {failure.Message}";
        }

        CudaBackend NewBackend() => new(open(), "cuda", new CudaOptions { Graphs = false });
    }
}

/// <summary>How many cases are right.</summary>
/// <param name="Passed">Cases that are.</param>
/// <param name="Failures">The others, one sentence each.</param>
internal sealed record ConformanceSummary(int Passed, IReadOnlyList<string> Failures);
