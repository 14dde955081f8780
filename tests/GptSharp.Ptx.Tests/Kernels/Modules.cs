using System.Collections.Concurrent;

namespace GptSharp.Ptx.Tests.Kernels;

/// <summary>The parsed sample modules, each parsed once.</summary>
internal static class Modules
{
    private static readonly ConcurrentDictionary<string, Lazy<PtxModule>> Parsed = new();

    public static PtxModule Of(string file)
    {
        string ptx = KernelSources.Ptx(file);
        return Parsed.GetOrAdd(file, _ => new Lazy<PtxModule>(() => PtxModule.Parse(ptx))).Value;
    }
}
