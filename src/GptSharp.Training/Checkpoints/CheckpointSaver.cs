using GptSharp.Nn;
using GptSharp.Training.Optimization;

namespace GptSharp.Training.Checkpoints;

/// <summary>
/// Saves a run's checkpoints while it trains on: the model is copied, which takes a fraction of a step, and another thread writes the copy
/// and deletes what need not be kept any more. One save at a time: when the next one is due, the training waits for the one before it, so
/// that no more than one interval is ever at stake.
/// </summary>
internal sealed class CheckpointSaver : IDisposable
{
    private readonly CheckpointStore _store;
    private readonly Retention _retention;
    private readonly IReadOnlyList<CheckpointFile> _files;
    private readonly CheckpointSnapshot? _snapshot;
    private Task<SavedCheckpoint>? _writing;

    /// <summary>Prepares to save.</summary>
    /// <param name="store">Where to.</param>
    /// <param name="model">What is saved.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="retention">What is kept.</param>
    /// <param name="inBackground">Whether there is memory for a copy, so that training need not wait.</param>
    public CheckpointSaver(CheckpointStore store, Gpt model, Optimizer optimizer, Retention retention, bool inBackground)
    {
        (_store, _retention) = (store, retention);
        _files = Checkpoint.FilesOf(model, optimizer);
        _snapshot = inBackground ? new CheckpointSnapshot(model.Engine, _files) : null;
    }

    /// <summary>Saves, and returns as soon as the model may change again; the outcome comes from <see cref="TakeFinished"/> or <see cref="Wait"/>.</summary>
    /// <exception cref="InvalidOperationException">The outcome of the save before it was not asked for.</exception>
    public void Begin(CheckpointManifest manifest)
    {
        if (_snapshot is not { } snapshot)
        {
            BeginNow(manifest);
            return;
        }

        RequireIdle();
        snapshot.Take();

        try
        {
            // A thread of its own: those of the pool are for short work.
            _writing = Task.Factory.StartNew(
                () => Write(manifest, snapshot.Part), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        catch (TaskSchedulerException)
        {
            // The system has no memory left for the stack of another thread: the training waits instead.
            _writing = Task.FromResult(Write(manifest, snapshot.Part));
        }
    }

    /// <summary>Saves a model that does not train on, without a copy.</summary>
    public void BeginNow(CheckpointManifest manifest)
    {
        RequireIdle();
        _writing = Task.FromResult(Write(manifest, read: null));
    }

    /// <summary>The save that has come to its end since the last call; null if none has.</summary>
    /// <exception cref="IOException">It failed: the disk is full or refuses. The checkpoints before it are whole.</exception>
    public SavedCheckpoint? TakeFinished() => _writing is { IsCompleted: true } ? Wait() : null;

    /// <summary>Waits for the save that is under way; null if none is.</summary>
    /// <exception cref="IOException">It failed: the disk is full or refuses. The checkpoints before it are whole.</exception>
    public SavedCheckpoint? Wait()
    {
        (Task<SavedCheckpoint>? writing, _writing) = (_writing, null);
        return writing?.GetAwaiter().GetResult();
    }

    /// <summary>Lets a save under way come to its end, whatever its outcome, and gives the memory back.</summary>
    public void Dispose()
    {
        ((IAsyncResult?)_writing)?.AsyncWaitHandle.WaitOne();
        _snapshot?.Dispose();
    }

    private void RequireIdle()
    {
        if (_writing is not null)
        {
            throw new InvalidOperationException("A checkpoint is being saved; wait for it before the next one.");
        }
    }

    private SavedCheckpoint Write(CheckpointManifest manifest, Checkpoint.PartReader? read)
    {
        string folder = _store.FolderOf(manifest.Step);
        if (read is null)
        {
            Checkpoint.Save(folder, _files, manifest);
        }
        else
        {
            Checkpoint.Save(folder, _files, manifest, read);
        }

        _store.Prune(_retention, manifest.BestStep);
        return new SavedCheckpoint(manifest.Step, folder, IsBest: manifest.BestStep == manifest.Step);
    }
}

/// <summary>A checkpoint that is safely on disk.</summary>
/// <param name="Step">Updates done.</param>
/// <param name="Folder">Where.</param>
/// <param name="IsBest">Whether it had the lowest validation loss when it was saved.</param>
internal sealed record SavedCheckpoint(long Step, string Folder, bool IsBest);
