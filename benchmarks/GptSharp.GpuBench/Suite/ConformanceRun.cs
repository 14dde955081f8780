using System.Reflection;
using GptSharp.Cuda;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Tests.Ops;
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
        foreach (SuiteCase suiteCase in Cases(device, isSmall))
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

    /// <summary>What the suite consists of.</summary>
    /// <param name="device">What it runs on.</param>
    /// <param name="isSmall">Whether the first case of each operation is enough.</param>
    public static IEnumerable<SuiteCase> Cases(DeviceProperties device, bool isSmall)
    {
        ArgumentNullException.ThrowIfNull(device);
        (string Name, Precision Precision)[] precisions = device.Capability >= CudaDevices.OldestCapabilityForBF16
            ? [("fp32", Precision.Fp32), ("bf16", Precision.Bf16), ("bf16-pure", Precision.Bf16Pure)]
            : [("fp32", Precision.Fp32)];
        return from operation in Operations()
               from opCase in isSmall ? operation.Cases[..1] : operation.Cases
               from precision in precisions
               select new SuiteCase($"{operation.Name}, {opCase.Name}, {precision.Name}", opCase, precision.Precision);
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

    private static IEnumerable<(string Name, OpCase[] Cases)> Operations() =>
        from type in typeof(IOpCases).Assembly.GetTypes()
        where type.IsClass && !type.IsAbstract && typeof(IOpCases).IsAssignableFrom(type)
        orderby type.Name
        let cases = (IReadOnlyList<OpCase>)type.GetProperty(nameof(IOpCases.Cases), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!
        select (type.Name.Replace("Tests", "", StringComparison.Ordinal), cases.ToArray());
}

/// <summary>A case of the suite.</summary>
/// <param name="Name">Operation, case and precision.</param>
/// <param name="Case">The case.</param>
/// <param name="Precision">How its numbers are stored.</param>
internal sealed record SuiteCase(string Name, OpCase Case, Precision Precision);

/// <summary>How many cases are right.</summary>
/// <param name="Passed">Cases that are.</param>
/// <param name="Failures">The others, one sentence each.</param>
internal sealed record ConformanceSummary(int Passed, IReadOnlyList<string> Failures);
