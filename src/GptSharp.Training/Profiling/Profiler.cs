using System.Diagnostics;
using GptSharp.Tensors;

namespace GptSharp.Training.Profiling;

/// <summary>
/// Notes what a training step spends its time on: every operation, and the phases between which the step moves. It is asked for some steps
/// only; without it a step is not slowed down.
/// </summary>
/// <param name="backend">What computes: the profiler waits for the end of every operation, which a GPU's host otherwise does not.</param>
public sealed class Profiler(IBackend backend) : IOpObserver
{
    private readonly List<OpSpan> _operations = new(4096);
    private readonly List<PhaseSpan> _phases = new(256);
    private readonly List<StepSpan> _steps = [];
    private long _operationStart;
    private PhaseSpan? _phase;

    /// <summary>Operations seen so far.</summary>
    public int OperationCount => _operations.Count;

    /// <summary>Every operation, in order.</summary>
    internal IReadOnlyList<OpSpan> Operations => _operations;

    /// <summary>Every phase, in order.</summary>
    internal IReadOnlyList<PhaseSpan> Phases => _phases;

    /// <summary>The steps, in order.</summary>
    internal IReadOnlyList<StepSpan> Steps => _steps;

    /// <summary>Runs and notes one step.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="step">Takes it.</param>
    public T Run<T>(long number, Func<T> step)
    {
        long start = Stopwatch.GetTimestamp();
        T result = step();
        EndPhase();
        _steps.Add(new StepSpan(number, start, Stopwatch.GetTimestamp()));
        return result;
    }

    /// <summary>The step goes on to another phase.</summary>
    /// <param name="name">What it does now.</param>
    /// <param name="isHostWork">Whether the phase itself is the work, rather than the operations in it.</param>
    public void Phase(string name, bool isHostWork = false)
    {
        EndPhase();
        _phase = new PhaseSpan(name, isHostWork, Stopwatch.GetTimestamp(), 0);
    }

    /// <inheritdoc/>
    public void OnStarting(OpInfo info, in TensorList operands) => _operationStart = Stopwatch.GetTimestamp();

    /// <inheritdoc/>
    public void OnFinished(OpInfo info, in TensorList operands, in OpCost cost, bool isReplay)
    {
        backend.Synchronize();
        long end = Stopwatch.GetTimestamp();
        Tensor input = operands.Count > info.OutputCount ? operands[info.OutputCount] : Tensor.None;
        _operations.Add(new OpSpan(info.Name, isReplay, ShapeOf(operands[0]), ShapeOf(input), cost, _operationStart, end));
    }

    private static Shape ShapeOf(Tensor tensor) => tensor.IsNone ? default : tensor.Shape;

    private void EndPhase()
    {
        if (_phase is { } phase)
        {
            _phases.Add(phase with { End = Stopwatch.GetTimestamp() });
            _phase = null;
        }
    }
}

/// <summary>One operation: its first output's and first input's shape, its cost, and when it ran.</summary>
internal readonly record struct OpSpan(string Name, bool IsReplay, Shape Output, Shape Input, OpCost Cost, long Start, long End);

/// <summary>One phase of a step.</summary>
internal readonly record struct PhaseSpan(string Name, bool IsHostWork, long Start, long End);

/// <summary>One step.</summary>
internal readonly record struct StepSpan(long Number, long Start, long End);
