using System.Reflection;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace GptSharp.Tensors.Tests.Backends.Cpu.Kernels;

/// <summary>Feeds (count, beta): lengths around the register widths and beyond one part, each written and accumulated.</summary>
internal sealed class CombinatorialLengthsAndBetasAttribute : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        List<ITheoryDataRow> rows = [];
        foreach (int count in new[] { 1, 3, 4, 15, 16, 17, 100, 8192, 20_011 })
        {
            rows.Add(new TheoryDataRow<int, float>(count, 0f));
            rows.Add(new TheoryDataRow<int, float>(count, 1f));
        }

        rows.Add(new TheoryDataRow<int, float>(37, 0.5f));
        return new(rows);
    }

    public override bool SupportsDiscoveryEnumeration() => true;
}
