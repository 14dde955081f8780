using GptSharp.Tensors.Memory;

namespace GptSharp.Tensors;

/// <summary>
/// A backend with the arenas whose memory it owns, and the steps that are open on it. One engine is used by one thread at a
/// time; the backend has threads of its own.
/// </summary>
public sealed partial class Engine : IDisposable
{
    private readonly Stack<Step> _idleSteps = new();
    private readonly Stack<Step> _openSteps = new();
    private readonly List<Arena> _arenas = [];

    /// <summary>Creates an engine that owns <paramref name="backend"/>.</summary>
    public Engine(IBackend backend, EngineOptions? options = null)
    {
        Backend = backend;
        Options = options ?? new EngineOptions();
        Backend.BeforeAllocation = Admit;
    }

    /// <summary>What executes the operations.</summary>
    public IBackend Backend { get; }

    /// <summary>How the engine behaves.</summary>
    public EngineOptions Options { get; }

    /// <summary>Told of every operation before and after it runs; null to tell nobody, which costs nothing.</summary>
    public IOpObserver? Observer { get; set; }

    /// <summary>The innermost open step.</summary>
    /// <exception cref="TensorException">No step is open.</exception>
    public Step CurrentStep => _openSteps.TryPeek(out Step? step)
        ? step
        : throw new TensorException("An operation needs an open step: using Step step = engine.BeginStep();");

    /// <summary>Opens a step that records gradients, with dropout off: what a lesson or a test wants.</summary>
    public Step BeginStep() => BeginStep(new StepOptions { RecordGradients = true });

    /// <summary>Opens a step; steps nest, and each ends when it is disposed.</summary>
    public Step BeginStep(StepOptions options)
    {
        if (!_idleSteps.TryPop(out Step? step))
        {
            step = new Step(this);
            _arenas.Add(step.Arena);
        }

        _openSteps.Push(step);
        step.Begin(options);
        return step;
    }

    /// <summary>A new arena for a model's parameters, all stored as <paramref name="type"/>.</summary>
    public ModelArena NewModelArena(DType type = DType.F32) => NewModelArena(Precision.Of(type));

    /// <summary>A new arena for a model's parameters.</summary>
    public ModelArena NewModelArena(Precision precision) => Register(new ModelArena(this, precision));

    /// <summary>A new arena for tensors that outlive steps.</summary>
    public SessionArena NewSessionArena(string name) => Register(new SessionArena(this, name));

    /// <summary>Memory to copy a model's buffers into.</summary>
    public SnapshotArena NewSnapshotArena(long bytes) => Register(new SnapshotArena(this, bytes));

    /// <summary>Frees all arenas, then the backend.</summary>
    public void Dispose()
    {
        foreach (Arena arena in _arenas.ToArray())
        {
            arena.Dispose();
        }

        Backend.Dispose();
    }

    internal void End(Step step)
    {
        if (!_openSteps.TryPeek(out Step? innermost) || innermost != step)
        {
            throw new TensorException("Steps must end innermost first.");
        }

        _openSteps.Pop();
        _idleSteps.Push(step);
    }

    internal void Forget(Arena arena) => _arenas.Remove(arena);

    private TArena Register<TArena>(TArena arena)
        where TArena : Arena
    {
        _arenas.Add(arena);
        return arena;
    }
}
