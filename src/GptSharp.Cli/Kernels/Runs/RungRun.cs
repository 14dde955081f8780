using System.Text;
using GptSharp.Cli.Kernels.Families;
using GptSharp.Cli.Kernels.Ladders;
using GptSharp.Cuda;
using GptSharp.Cuda.Emulation;
using GptSharp.Nn;
using GptSharp.Ptx.Counters;

namespace GptSharp.Cli.Kernels.Runs;

/// <summary>What a rung did with a problem.</summary>
/// <param name="Rung">The rung.</param>
/// <param name="Problem">What it was given to do.</param>
/// <param name="Shape">How it was launched; null if it does not take the shape.</param>
/// <param name="Wrong">What is wrong with it, one sentence without its end; null if nothing is.</param>
/// <param name="Counters">What was counted; null if it did not run to its end.</param>
/// <param name="Measured">The time on a GPU; null without one.</param>
internal sealed record RungResult(
    Rung Rung, KernelProblem Problem, LaunchShape? Shape, string? Wrong, LaunchCounters? Counters, MeasuredTime? Measured)
{
    /// <summary>A counter of it by name; null if it did not run, or the counter has no meaning here.</summary>
    public double? Counter(string name) => Counters is null ? null : RungCounters.Value(name, Counters, Problem);

    /// <summary>Whether it did what the contract asks, and nothing that it must not.</summary>
    public bool IsCorrect => Wrong is null && Shape is not null;
}

/// <summary>Runs rungs: on the emulator, which checks and counts, and on a GPU, if there is one, which takes the time.</summary>
/// <param name="family">Their family.</param>
/// <param name="shape">The sizes.</param>
/// <param name="gpu">A GPU; or null.</param>
internal sealed class RungRun(KernelFamily family, IReadOnlyList<int> shape, ICudaDriver? gpu)
{
    private readonly Dictionary<string, KernelProblem> _problems = new(StringComparer.Ordinal);

    /// <summary>The sizes by their letters.</summary>
    public IReadOnlyDictionary<string, int> Shape { get; } = family.Named(shape);

    /// <summary>Runs a rung.</summary>
    public RungResult Run(Rung rung)
    {
        KernelProblem problem = ProblemOf(rung);
        if (rung.Header.Unmet(Shape) is not null)
        {
            return new(rung, problem, null, null, null, null);
        }

        LaunchShape launch = rung.Header.LaunchShape(rung.File, Shape);
        long scratch = rung.Header.ScratchBytes(rung.File, Shape);
        using var emulator = new EmulatorDriver(new EmulatorOptions { Counters = true });
        LaunchCounters? counters = null;
        emulator.Launched = done => counters = done.Report?.Counters;
        string? wrong = Execute(emulator, rung, launch, problem, scratch, measure: null, out _);
        MeasuredTime? measured = null;
        if (wrong is null && gpu is not null)
        {
            wrong = Execute(gpu, rung, launch, problem, scratch, new KernelTimer(gpu, family, problem), out measured);
            wrong = wrong is null ? null : $"on {gpu.Properties.Name}, {wrong}";
        }

        return new(rung, problem, launch, wrong, counters, measured);
    }

    /// <summary>Runs the one rung that a user asked for.</summary>
    /// <exception cref="ConfigurationException">It does not take the shape.</exception>
    public RungResult RunOnly(Rung rung) => rung.Header.Unmet(Shape) is { } unmet
        ? throw new ConfigurationException($"{rung.Label} takes shapes with {unmet} only.", source: "--shape")
        : Run(rung);

    private KernelProblem ProblemOf(Rung rung)
    {
        string type = rung.TypeIn(family);
        if (!_problems.TryGetValue(type, out KernelProblem? problem))
        {
            _problems.Add(type, problem = family.NewProblem(shape, type));
        }

        return problem;
    }

    private static string? Execute(
        ICudaDriver driver, Rung rung, in LaunchShape launch, KernelProblem problem, long scratch, KernelTimer? measure, out MeasuredTime? time)
    {
        time = null;
        List<ulong> addresses = [];
        try
        {
            using ICudaModule module = driver.Load(rung.File, Encoding.UTF8.GetBytes(rung.Ptx));
            CudaKernel kernel = module.Kernel(rung.Kernel.Name);
            addresses.AddRange(problem.Buffers.Select(buffer => Allocate(driver, buffer)));
            if (scratch > 0)
            {
                addresses.Add(driver.Allocate(scratch));
            }

            byte[] parameters = Pack(rung, addresses, problem);
            driver.Launch(kernel, launch, parameters);
            driver.Synchronize();
            byte[][] outputs = [.. problem.Buffers.Index().Where(pair => pair.Item.Content is null).Select(pair => Read(driver, addresses[pair.Index], pair.Item))];
            string? wrong = problem.Check(outputs);
            time = wrong is null ? measure?.Measure(kernel, launch, parameters) : null;
            return wrong;
        }
        catch (CudaException fault)
        {
            return fault.Message.TrimEnd('.');
        }
        finally
        {
            addresses.ForEach(driver.Free);
        }
    }

    private static ulong Allocate(ICudaDriver driver, ProblemBuffer buffer)
    {
        ulong address = driver.Allocate(buffer.ByteCount);
        if (buffer.Content is { } content)
        {
            driver.CopyToDevice(address, content);
        }

        return address;
    }

    private static byte[] Read(ICudaDriver driver, ulong address, ProblemBuffer buffer)
    {
        var bytes = new byte[buffer.ByteCount];
        driver.CopyToHost(bytes, address);
        return bytes;
    }

    // The buffers, the numbers, and the scratch memory last.
    private static byte[] Pack(Rung rung, IReadOnlyList<ulong> addresses, KernelProblem problem)
    {
        int buffers = problem.Buffers.Count;
        List<KernelParameter> parameters = [.. addresses.Take(buffers).Select(address => (KernelParameter)address), .. problem.Scalars];
        parameters.AddRange(addresses.Skip(buffers).Select(address => (KernelParameter)address));
        Span<byte> packed = stackalloc byte[parameters.Count * sizeof(long)];
        return packed[..KernelParameter.Pack([.. parameters], packed)].ToArray();
    }
}
