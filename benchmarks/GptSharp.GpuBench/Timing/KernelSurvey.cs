using GptSharp.Cuda;
using GptSharp.GpuBench.Limits;
using GptSharp.GpuBench.Suite;
using GptSharp.GpuBench.Training;
using GptSharp.OpCases;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cuda;
using GptSharp.Tensors.Backends.Cuda.Images;
using GptSharp.Tensors.Backends.Cuda.Products;
using GptSharp.TestKit;

namespace GptSharp.GpuBench.Timing;

/// <summary>
/// Times every kernel that ships: in training steps of models; then, of what these do not launch, in operations large enough to fill a
/// GPU; and what is left in cases of the conformance suite, whose shapes are small.
/// </summary>
/// <param name="open">Opens the device.</param>
/// <param name="device">What it is.</param>
/// <param name="limits">What it can do.</param>
/// <param name="isSmall">Whether one run of each kernel is enough.</param>
/// <param name="output">Where the tables go.</param>
internal sealed class KernelSurvey(Func<ICudaDriver> open, DeviceProperties device, DeviceLimits limits, bool isSmall, TextWriter output)
{
    private const int LittleSharedBytes = 96 * 1024;

    private readonly List<ModelTimes> _models = [];

    /// <summary>Times of every operation, with its kernels.</summary>
    public IReadOnlyList<ModelTimes> Models => _models;

    /// <summary>Every kernel that was timed.</summary>
    public IReadOnlyList<KernelSummary> Kernels => KernelSummary.Of(_models);

    /// <summary>The kernels of this device's image that nothing launched; the ladders' rungs are for learning, <c>gptsharp kernels</c> times them.</summary>
    public string[] NotTimed
    {
        get
        {
            HashSet<string> timed = Timed();
            int capability = KernelImages.Capabilities.First(image => image <= device.Capability);
            return
            [
                .. from image in KernelImages.Names(capability)
                   where !image.StartsWith("ladder/", StringComparison.Ordinal)
                   from line in KernelImages.ReadText(image, capability).Split('\n')
                   where line.StartsWith(".visible .entry ", StringComparison.Ordinal)
                   let name = line[".visible .entry ".Length..line.IndexOf('(', StringComparison.Ordinal)]
                   where !timed.Contains(name)
                   select name,
            ];
        }
    }

    /// <summary>Trains one step of a model, each kernel measured.</summary>
    public void MeasureTraining(TrainingShape shape) => Measure(shape.Name, Options(tile: null), engine =>
    {
        using var training = new TrainingLoop(engine, shape);
        training.Measure();
    });

    /// <summary>Runs the operations of <see cref="LargeCases"/>, and those that pass over whole buffers.</summary>
    public void MeasureOperations()
    {
        foreach (IGrouping<ProductTile?, SuiteCase> group in LargeCases.All(device, isSmall).GroupBy(large => large.Tile))
        {
            Measure(group.Key is { } tile ? $"operations in tiles, {tile}" : "operations", Options(group.Key), engine =>
            {
                foreach (SuiteCase large in group)
                {
                    Run(engine, large);
                }
            });
        }

        Measure("passes over buffers", Options(tile: null), engine => BufferOps.Run(engine, isSmall ? 1000 : 1 << 24));
    }

    /// <summary>Runs those cases of the conformance suite that launch a kernel which nothing launched so far.</summary>
    public void MeasureRest()
    {
        HashSet<string> timed = Timed();
        (string Name, CudaOptions Options)[] ways =
        [
            ("conformance cases", Options(tile: null)),
            .. from tile in (ProductTile[])[ProductTile.Tile64x64, ProductTile.Tile128x128, ProductTile.Tile128x256]
               select ($"conformance cases in tiles, {tile}", Options(tile)),
            ("conformance cases as with less shared memory", Options(tile: null) with { SharedBytesPerBlock = LittleSharedBytes }),
        ];
        foreach ((string name, CudaOptions options) in ways)
        {
            // A device that computes nothing says at once what a case would launch.
            List<string> launched = [];
            using var silent = new Engine(new CudaBackend(
                new SilentDriver(device.Capability) { Launched = launch => launched.Add(launch.Kernel.Name) }, "silent device", options));
            List<SuiteCase> wanted = [];
            foreach (SuiteCase suiteCase in SuiteCase.All(device, isSmall: false))
            {
                launched.Clear();
                Run(silent, suiteCase);
                if (!timed.IsSupersetOf(launched))
                {
                    timed.UnionWith(launched);
                    wanted.Add(suiteCase);
                }
            }

            Measure(name, options, engine => wanted.ForEach(suiteCase => Run(engine, suiteCase)));
        }
    }

    // Twice, for some kernels add to a gradient that is there.
    private static void Run(Engine engine, SuiteCase suiteCase) =>
        OpResult.Of(engine, suiteCase.Case, suiteCase.Precision, passes: suiteCase.Case.Differentiable ? 2 : 1);

    private static CudaOptions Options(ProductTile? tile) => new() { Graphs = false, ProductTile = tile };

    private void Measure(string name, CudaOptions options, Action<Engine> run)
    {
        var driver = new TimingDriver(open(), isSmall);
        var times = new KernelTimes(driver, limits);
        using var engine = new Engine(new CudaBackend(driver, "cuda", options)) { Observer = times };
        run(engine);
        if (times.Operations is { Length: > 0 } operations)
        {
            _models.Add(new ModelTimes(name, operations));
            foreach (OperationTime operation in operations)
            {
                output.WriteLine(operation);
            }
        }
    }

    private HashSet<string> Timed() =>
        [.. _models.SelectMany(model => model.Operations).SelectMany(operation => operation.Kernels).Select(kernel => kernel.Kernel)];
}
