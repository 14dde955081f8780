using GptSharp.Data.Tokenizers;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;
using GptSharp.Training.Metrics;

namespace GptSharp.Training.Runs;

/// <summary>Saves a run and brings it back: what of it goes into a checkpoint, and how it goes on from one.</summary>
internal sealed class RunCheckpoints : IDisposable
{
    private readonly RunSetup _run;
    private readonly RunProgress _progress;
    private readonly CheckpointStore _store;
    private readonly CheckpointSaver _saver;
    private readonly Action<string> _notice;

    /// <summary>Prepares the run's folder for checkpoints.</summary>
    /// <param name="run">The run.</param>
    /// <param name="progress">How far it has come.</param>
    /// <param name="folder">Its folder.</param>
    /// <param name="newest">The checkpoint to go on from; null to begin.</param>
    /// <param name="notice">Told of damaged checkpoints, and of what makes the run differ from one that was never interrupted.</param>
    public RunCheckpoints(
        RunSetup run, RunProgress progress, RunFolder folder, (string Folder, CheckpointManifest Manifest)? newest, Action<string> notice)
    {
        (_run, _progress, _store, _notice) = (run, progress, folder.Checkpoints, notice);
        if (newest is { } checkpoint)
        {
            Restore(checkpoint.Folder, checkpoint.Manifest);
        }

        _store.Open();
        _saver = new CheckpointSaver(
            _store, run.Model, run.Optimizer, run.Config.Train.Retention, run.Config.Train.CopiesCheckpoints(run.Evaluation is not null));
    }

    /// <summary>Told of every checkpoint.</summary>
    public required TrainingObserver Observer { get; set; }

    /// <summary>The newest sound checkpoint of a run; null if it has none yet.</summary>
    /// <exception cref="TrainingException">It has some, and none of them is sound.</exception>
    public static (string Folder, CheckpointManifest Manifest)? FindNewest(RunFolder folder, Action<string> notice)
    {
        if (folder.Checkpoints.FindNewest(notice) is { } newest)
        {
            return newest;
        }

        if (folder.Checkpoints.Steps.Count > 0)
        {
            throw new TrainingException($"No checkpoint in {folder.Path} is sound, so the run cannot go on; nothing was changed.");
        }

        notice($"{folder.Path} has no checkpoint yet; the run starts from its beginning.");
        return null;
    }

    /// <summary>Begins to save; the training goes on while the checkpoint is written.</summary>
    /// <param name="seconds">Seconds of training so far.</param>
    public void Begin(double seconds)
    {
        Announce(_saver.Wait());
        Observer.OnCheckpointStarted(_progress.Done);
        _saver.Begin(Describe(seconds));
    }

    /// <summary>Saves, unless this step is saved already.</summary>
    /// <param name="seconds">Seconds of training so far.</param>
    public void Save(double seconds)
    {
        Announce(_saver.Wait());
        if (!Directory.Exists(_store.FolderOf(_progress.Done)))
        {
            Observer.OnCheckpointStarted(_progress.Done);
            _saver.BeginNow(Describe(seconds));
            Announce(_saver.Wait());
        }
    }

    /// <summary>Tells of a save that has come to its end.</summary>
    /// <exception cref="IOException">It failed: the disk is full or refuses. The checkpoints before it are whole.</exception>
    public void TellOfFinished() => Announce(_saver.TakeFinished());

    /// <summary>Goes back to the newest sound checkpoint.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryRollBack()
    {
        Announce(_saver.Wait());
        if (_store.FindNewest(_notice) is not { } newest)
        {
            return false;
        }

        Load(newest.Folder, newest.Manifest);
        return true;
    }

    /// <summary>Lets a save under way come to its end.</summary>
    public void Dispose() => _saver.Dispose();

    private void Announce(SavedCheckpoint? saved)
    {
        if (saved is not null)
        {
            Observer.OnCheckpoint(new CheckpointSaved(saved.Step, saved.Folder, saved.IsBest));
        }
    }

    private CheckpointManifest Describe(double seconds) => new()
    {
        Format = CheckpointManifest.CurrentFormat,
        Writer = CheckpointManifest.CurrentWriter,
        Step = _progress.Done,
        NextBatch = _progress.Done + _run.Guard.Skips,
        Skips = _run.Guard.Skips,
        LossStatistics = _run.Guard.Spikes.Statistics,
        Optimizer = _run.Optimizer.Kind,
        Updates = _run.Optimizer.Updates,
        NextBatchHash = BatchHash.Of(_run.Batches, _progress.Done + _run.Guard.Skips),
        Seed = _run.Seed,
        MicroBatch = _run.Memory.Plan.MicroBatch,
        Device = _run.Device.Engine.Backend.Arithmetic,
        Seconds = seconds,
        EvaluatedStep = _progress.EvaluatedStep,
        BestLoss = _progress.BestLoss,
        BestStep = _progress.BestStep,
        Model = _run.Model.Config,
        Tokenizer = TokenizerFile.ToJson(_run.Data.Tokenizer),
        Data = _run.Data.Identity,
        Config = RunConfigWriter.ToYaml(_run.Config),
        Files = new Dictionary<string, string>(),
    };

    private void Restore(string folder, CheckpointManifest manifest)
    {
        foreach (string difference in ResumeCheck.Notices(folder, manifest, _run.Config, _run.Data, _run.Device, _run.Batches))
        {
            _notice(difference);
        }

        // What was chosen, or what memory once forced, goes on, so that the bits do.
        if (RunConfigReader.Parse(manifest.Config, folder).Train.MicroBatch == _run.Config.Train.MicroBatch
            && !_run.Memory.TryUse(manifest.MicroBatch))
        {
            _notice(
                $"The run was computed with train.micro_batch {manifest.MicroBatch}, for which there is not enough memory here; it goes on with {_run.Memory.Plan.MicroBatch}: not bit-exact from here.");
        }

        Load(folder, manifest);
        _progress.SecondsBefore = manifest.Seconds;
    }

    private void Load(string folder, CheckpointManifest manifest)
    {
        Checkpoint.LoadModel(folder, _run.Model);
        if (manifest.Optimizer == _run.Optimizer.Kind)
        {
            Checkpoint.LoadOptimizer(folder, _run.Model, _run.Optimizer);
            _run.Optimizer.Updates = manifest.Updates;
        }

        _progress.Done = manifest.Step;
        (_run.Guard.Skips, _run.Guard.Spikes.Statistics) = (manifest.NextBatch - manifest.Step, manifest.LossStatistics);
        (_progress.EvaluatedStep, _progress.BestLoss, _progress.BestStep) = (manifest.EvaluatedStep, manifest.BestLoss, manifest.BestStep);
        _store.SetAsideAfter(manifest.Step);
    }
}
