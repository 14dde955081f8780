using GptSharp.Tensors.Backends.Reference;

namespace GptSharp.Tensors.Tests;

/// <summary>The backends that this machine can run, by name.</summary>
internal static class TestBackends
{
    /// <summary>Everything that is compared with Reference.</summary>
    public static IReadOnlyList<string> Names { get; } = ["reference"];

    public static IBackend Create(string name, int threads = 2) => new ReferenceBackend();

    public static Engine NewEngine() => new(Create(Names[0]));
}
