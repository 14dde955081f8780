namespace GptSharp.Training.Metrics;

/// <summary>
/// Sees what a trainer does, as it happens, on the trainer's own thread: what it does here the training waits for. Override the events of
/// interest; the others do nothing.
/// </summary>
public abstract class TrainingObserver
{
    /// <summary>Called once, before everything else.</summary>
    /// <param name="started">The run.</param>
    public virtual void OnStarted(RunStarted started)
    {
    }

    /// <summary>Called after every update.</summary>
    /// <param name="step">Its figures.</param>
    public virtual void OnStep(StepDone step)
    {
    }

    /// <summary>Called for every batch whose loss or gradient is not sound, before the run skips it, stops or goes on.</summary>
    /// <param name="fault">What is wrong.</param>
    public virtual void OnFault(StepFault fault)
    {
    }

    /// <summary>Called after every evaluation.</summary>
    /// <param name="evaluated">Its losses.</param>
    public virtual void OnEvaluated(Evaluated evaluated)
    {
    }

    /// <summary>Called for every text that the run samples.</summary>
    /// <param name="sample">The text.</param>
    public virtual void OnSample(SampleGenerated sample)
    {
    }

    /// <summary>Called when the state of the run is about to be copied for a checkpoint.</summary>
    /// <param name="step">Updates done.</param>
    public virtual void OnCheckpointStarted(long step)
    {
    }

    /// <summary>Called between two steps, when a checkpoint is safely on disk: some steps later than <see cref="OnCheckpointStarted"/>.</summary>
    /// <param name="checkpoint">Where.</param>
    public virtual void OnCheckpoint(CheckpointSaved checkpoint)
    {
    }

    /// <summary>Called when the steps that were to be profiled are done.</summary>
    /// <param name="profiled">Where their time went.</param>
    public virtual void OnProfiled(StepsProfiled profiled)
    {
    }

    /// <summary>Called once, at the end, unless the run fails with an exception.</summary>
    /// <param name="finished">The outcome.</param>
    public virtual void OnFinished(RunFinished finished)
    {
    }
}

/// <summary>Passes every event on to several observers, in order.</summary>
/// <param name="observers">The observers.</param>
public sealed class TrainingObservers(params IReadOnlyList<TrainingObserver> observers) : TrainingObserver
{
    /// <inheritdoc/>
    public override void OnStarted(RunStarted started) => ForEach(observer => observer.OnStarted(started));

    /// <inheritdoc/>
    public override void OnStep(StepDone step) => ForEach(observer => observer.OnStep(step));

    /// <inheritdoc/>
    public override void OnFault(StepFault fault) => ForEach(observer => observer.OnFault(fault));

    /// <inheritdoc/>
    public override void OnEvaluated(Evaluated evaluated) => ForEach(observer => observer.OnEvaluated(evaluated));

    /// <inheritdoc/>
    public override void OnSample(SampleGenerated sample) => ForEach(observer => observer.OnSample(sample));

    /// <inheritdoc/>
    public override void OnCheckpointStarted(long step) => ForEach(observer => observer.OnCheckpointStarted(step));

    /// <inheritdoc/>
    public override void OnCheckpoint(CheckpointSaved checkpoint) => ForEach(observer => observer.OnCheckpoint(checkpoint));

    /// <inheritdoc/>
    public override void OnProfiled(StepsProfiled profiled) => ForEach(observer => observer.OnProfiled(profiled));

    /// <inheritdoc/>
    public override void OnFinished(RunFinished finished) => ForEach(observer => observer.OnFinished(finished));

    private void ForEach(Action<TrainingObserver> tell)
    {
        foreach (TrainingObserver observer in observers)
        {
            tell(observer);
        }
    }
}
