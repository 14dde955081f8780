using System.Reflection;
using System.Text.RegularExpressions;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Backends.Cuda.Images;
using GptSharp.TestKit;

namespace GptSharp.Tensors.Tests.Backends.Cuda;

/// <summary>
/// The conformance suite would not notice a kernel that no case reaches, nor an operation that computes on the host: this does. The
/// device is a silent one, since only what is launched counts.
/// </summary>
public sealed partial class LaunchCoverageTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(70)]
    public void Every_shipped_kernel_is_launched_by_the_conformance_suite(int capability)
    {
        HashSet<string> launched = [];
        foreach (string precision in capability < 80 ? ["fp32"] : TestPrecisions.Names)
        {
            var driver = new SilentDriver(capability) { Launched = launch => launched.Add(launch.Kernel.Name) };
            using Engine engine = new(new CudaBackend(driver, "silent device", new CudaOptions { Graphs = false }));
            EveryOperation.Run(engine, TestPrecisions.Find(precision));
        }

        string[] never =
        [
            .. from image in KernelImages.Names(capability)
               where !image.StartsWith("ladder/", StringComparison.Ordinal)
               from Match entry in Entry.Matches(KernelImages.ReadText(image, capability))
               let kernel = entry.Groups[1].Value
               where !launched.Contains(kernel)
               select $"{image}: {kernel}",
        ];
        Assert.Empty(never);
    }

    [Fact]
    public void Every_operation_of_the_backend_launches_a_kernel()
    {
        var driver = new SilentDriver();
        var backend = new CudaBackend(driver, "silent device", new CudaOptions { Graphs = false });
        (IBackend proxy, LaunchCountingProxy counts) = LaunchCountingProxy.Around(backend);
        using (Engine engine = new(proxy))
        {
            EveryOperation.Run(engine, Precision.Bf16);
        }

        string[] operations =
        [
            .. from method in typeof(IBackend).GetMethods()
               where method.GetParameters().Any(parameter => parameter.ParameterType == typeof(Tensor))
               select method.Name,
        ];
        Assert.NotEmpty(operations);
        Assert.Empty(operations.Except(counts.Launches.Keys)); // called at all
        Assert.All(operations, operation => Assert.True(counts.Launches[operation] > 0, $"{operation} launched nothing."));
    }

    [GeneratedRegex(@"\.entry\s+(\w+)")]
    private static partial Regex Entry { get; }
}

/// <summary>Stands before a backend and notes the fewest launches that a call of each operation came to.</summary>
public class LaunchCountingProxy : DispatchProxy
{
    private CudaBackend? _backend;

    /// <summary>Fewest launches of a call, by name of the operation.</summary>
    public Dictionary<string, long> Launches { get; } = [];

    public static (IBackend Backend, LaunchCountingProxy Counts) Around(CudaBackend backend)
    {
        IBackend proxy = Create<IBackend, LaunchCountingProxy>();
        var counts = (LaunchCountingProxy)(object)proxy;
        counts._backend = backend;
        return (proxy, counts);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        long before = _backend!.Driver.Counts.Launches;
        object? result = targetMethod!.Invoke(_backend, args);
        long launches = _backend.Driver.Counts.Launches - before;
        Launches[targetMethod.Name] = Math.Min(launches, Launches.GetValueOrDefault(targetMethod.Name, long.MaxValue));
        return result;
    }
}
