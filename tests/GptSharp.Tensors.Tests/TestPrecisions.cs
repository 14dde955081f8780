using GptSharp.OpCases;

namespace GptSharp.Tensors.Tests;

/// <summary>The precisions of the conformance suite, by name.</summary>
internal static class TestPrecisions
{
    public static IReadOnlyList<string> Names { get; } = [.. OpSuite.Precisions.Select(precision => precision.Name)];

    public static Precision Find(string name) => OpSuite.Precisions.Single(precision => precision.Name == name).Precision;
}
