using System.Reflection;
using System.Text.RegularExpressions;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Backends.Cuda.Images;
using GptSharp.Tensors.Backends.Cuda.Products;
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
            // As LinearTileTests does, too.
            foreach (ProductTile? tile in new ProductTile?[] { null, ProductTile.Tile64x64, ProductTile.Tile128x128, ProductTile.Tile128x256 })
            {
                Run(capability, precision, tile);
            }
        }

        if (capability == 80)
        {
            Run(86, "fp32", tile: null); // the same image with less shared memory, as NormTrafficTests
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

        void Run(int device, string precision, ProductTile? tile)
        {
            var driver = new SilentDriver(device) { Launched = launch => launched.Add(launch.Kernel.Name) };
            using Engine engine = new(new CudaBackend(driver, "silent device", new CudaOptions { Graphs = false, ProductTile = tile }));
            EveryOperation.Run(engine, TestPrecisions.Find(precision));
        }
    }

    [Fact]
    public void Every_operation_of_the_backend_launches_a_kernel()
    {
        var driver = new SilentDriver();
        using Engine engine = new(new CudaBackend(driver, "silent device", new CudaOptions { Graphs = false }));
        var counts = new FewestLaunches(driver);
        engine.Observer = counts;
        EveryOperation.Run(engine, Precision.Bf16);

        string[] operations =
        [
            .. from type in typeof(IOp).Assembly.GetTypes()
               where type.IsValueType && typeof(IOp).IsAssignableFrom(type)
               select ((OpInfo)type.GetProperty(nameof(IOp.Info), BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!).Name,
        ];
        int methods = typeof(IBackend).GetMethods().Count(
            method => method.IsAbstract && method.GetParameters().Any(parameter => parameter.ParameterType == typeof(Tensor)));
        Assert.Equal(methods, operations.Length); // an operation is what calls a method that every backend must have
        Assert.Empty(operations.Except(counts.ByOperation.Keys));
        Assert.All(counts.ByOperation, operation => Assert.True(operation.Value > 0, $"{operation.Key} launched nothing."));
    }

    [GeneratedRegex(@"\.entry\s+(\w+)")]
    private static partial Regex Entry { get; }

    /// <summary>Notes the fewest launches that a call of each operation came to.</summary>
    private sealed class FewestLaunches(SilentDriver driver) : IOpObserver
    {
        private long _before;

        public Dictionary<string, long> ByOperation { get; } = [];

        public void OnStarting(OpInfo info, in TensorList operands) => _before = driver.Counts.Launches;

        public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay) => ByOperation[info.Name] =
            Math.Min(driver.Counts.Launches - _before, ByOperation.GetValueOrDefault(info.Name, long.MaxValue));
    }
}
