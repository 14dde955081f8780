namespace GptSharp.Tensors.Tests;

/// <summary>The precisions that stand for all of an operation's signatures, by name.</summary>
internal static class TestPrecisions
{
    private static readonly Dictionary<string, Precision> All = new()
    {
        ["fp32"] = Precision.Fp32,
        ["bf16"] = Precision.Bf16,
        ["bf16-pure"] = Precision.Bf16Pure,
    };

    public static IReadOnlyList<string> Names { get; } = [.. All.Keys];

    public static Precision Find(string name) => All[name];
}
