using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Memory;

namespace GptSharp.Benchmarks.Workloads;

/// <summary>One operation at one size, through the same funnel as in training, with what it cannot do without.</summary>
public sealed class OpWorkload : IDisposable
{
    private readonly Engine _engine;
    private readonly SessionArena _arena;
    private readonly Step _step;
    private readonly Random _random = new(1);
    private readonly bool _isDry;
    private Action _run = () => { };

    /// <param name="name">One of <see cref="Names"/> or <see cref="LinearNames"/>.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="isDry">Whether only its cost is asked for: no memory is taken, and running it does nothing.</param>
    public OpWorkload(string name, int threads, bool isDry = false)
    {
        _isDry = isDry;
        _engine = new Engine(new CpuBackend(threads), new EngineOptions { IsDryRun = isDry });
        _arena = _engine.NewSessionArena("benchmark");
        _step = _engine.BeginStep(StepOptions.Evaluate);
        OpCases.All.Concat(LinearCases.All).Single(entry => entry.Name == name).Prepare(this);
    }

    /// <summary>What can be measured: everything but linear layers.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. OpCases.All.Select(entry => entry.Name)];

    /// <summary>The linear layers that can be measured.</summary>
    public static IReadOnlyList<string> LinearNames { get; } = [.. LinearCases.All.Select(entry => entry.Name)];

    /// <summary>Floating-point operations of one run.</summary>
    public double Flops { get; private set; }

    /// <summary>Bytes that one run must move at least: every operand once, and twice what is updated in place.</summary>
    public double Bytes { get; private set; }

    public void Run() => _run();

    public void Dispose()
    {
        _step.Dispose();
        _engine.Dispose();
    }

    internal void Use<TOp>(TOp op)
        where TOp : struct, IOp
    {
        (Flops, Bytes) = (op.Cost.Flops, op.Cost.Bytes);
        _run = () => _step.Run(op);
    }

    internal void RunOnce<TOp>(TOp op)
        where TOp : struct, IOp => _step.Run(op);

    internal Tensor New(Shape shape) => _arena.New(shape, DType.F32);

    // From -1 to 1.
    internal Tensor Random(Shape shape)
    {
        Tensor tensor = New(shape);
        Fill<float>(tensor, () => (2 * _random.NextSingle()) - 1);
        return tensor;
    }

    // From 0 to limit - 1.
    internal Tensor Integers(Shape shape, int limit)
    {
        Tensor tensor = _arena.New(shape, DType.I32);
        Fill(tensor, () => _random.Next(limit));
        return tensor;
    }

    private void Fill<T>(Tensor tensor, Func<T> draw)
        where T : unmanaged
    {
        if (!_isDry)
        {
            tensor.Upload<T>([.. Enumerable.Range(0, (int)tensor.Count).Select(_ => draw())]);
        }
    }
}
