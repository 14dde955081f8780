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
        ArgumentNullException.ThrowIfNull(device);
        (string Name, Precision Precision)[] precisions = device.Capability >= CudaDevices.OldestCapabilityForBF16
            ? [("fp32", Precision.Fp32), ("bf16", Precision.Bf16), ("bf16-pure", Precision.Bf16Pure)]
            : [("fp32", Precision.Fp32)];
        int passed = 0;
        var failures = new List<string>();
        foreach ((string operation, OpCase[] cases) in Operations())
        {
            foreach (OpCase opCase in isSmall ? cases[..1] : cases)
            {
                foreach ((string name, Precision precision) in precisions)
                {
                    if (Check(opCase, precision, open) is { } failure)
                    {
                        failures.Add($"{operation}, {opCase.Name}, {name}: {failure}");
                        output.WriteLine($"FAILED {failures[^1]}");
                    }
                    else
                    {
                        passed++;
                    }
                }
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

    private static IEnumerable<(string Operation, OpCase[] Cases)> Operations() =>
        from type in typeof(IOpCases).Assembly.GetTypes()
        where type.IsClass && !type.IsAbstract && typeof(IOpCases).IsAssignableFrom(type)
        orderby type.Name
        let cases = (IReadOnlyList<OpCase>)type.GetProperty(nameof(IOpCases.Cases), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!
        select (type.Name.Replace("Tests", "", StringComparison.Ordinal), cases.ToArray());
}

/// <summary>How many cases are right.</summary>
/// <param name="Passed">Cases that are.</param>
/// <param name="Failures">The others, one sentence each.</param>
internal sealed record ConformanceSummary(int Passed, IReadOnlyList<string> Failures);
