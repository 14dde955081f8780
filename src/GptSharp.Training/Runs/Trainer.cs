using System.Diagnostics;
using GptSharp.Data.Sampling;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Training.Accounting;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Guards;
using GptSharp.Training.Input;
using GptSharp.Training.Memory;
using GptSharp.Training.Metrics;
using GptSharp.Training.Optimization;
using GptSharp.Training.Profiling;

namespace GptSharp.Training.Runs;

/// <summary>
/// A whole run: the training step, and around it evaluations, samples, checkpoints and whoever watches. Everything that decides the
/// run's numbers is its configuration, so a run that is resumed goes on to the bit as if nothing had happened.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly RunConfig _config;
    private readonly TrainingData _data;
    private readonly Device _device;
    private readonly Gpt _model;
    private readonly Optimizer _optimizer;
    private readonly TrainStep _step;
    private readonly RunMemory _memory;
    private readonly MemoryGuard _fit;
    private readonly StepAccount _account;
    private readonly RunProfile? _profile;
    private readonly GuardedStep _guard;
    private readonly RunEvaluation? _evaluation;
    private readonly SampleWriter _samples;
    private readonly RunFolder _folder;
    private readonly CheckpointSaver _saver;
    private readonly MetricsFile _metrics;
    private readonly LogFile _log;
    private readonly TrainingObserver _observer;
    private readonly Action<string> _notice;
    private readonly Stopwatch _clock = new();
    private readonly BatchSampler _batches;
    private readonly ulong _seed;

    private long _done;
    private int _rollBacks;
    private double _secondsBefore;
    private double _stepSeconds;
    private long _stepsTaken;
    private double? _bestLoss;
    private long? _bestStep;
    private long? _evaluatedStep;
    private Evaluated? _lastEvaluation;

    /// <summary>Prepares a run, or goes back to the newest sound checkpoint of one.</summary>
    /// <param name="config">Everything that decides it.</param>
    /// <param name="observer">Told of everything that happens.</param>
    /// <param name="resume">Goes on with the run in the configuration's folder.</param>
    /// <param name="notice">Told what the user should know before the run goes on; null to say nothing.</param>
    /// <param name="profile">The steps to profile; null for none.</param>
    /// <exception cref="TrainingException">The folder exists, there is nothing to resume, or the run does not fit into memory.</exception>
    public Trainer(
        RunConfig config, TrainingObserver observer, bool resume = false, Action<string>? notice = null, ProfileRange? profile = null)
    {
        _config = config.Validate();
        profile?.RequireWithin(1, config.Train.Steps);
        _notice = notice ?? (_ => { });
        TrainSection train = config.Train;
        _device = Devices.Open(train.Device, train.Threads, new EngineOptions { MemoryLimit = train.MemoryLimit });
        try
        {
            (string Folder, CheckpointManifest Manifest)? newest = null;
            if (resume)
            {
                _folder = RunFolder.Open(train.RunFolder);
                newest = FindNewest();
            }

            // Random numbers go on from the checkpoint's state, of which the seed is the part that does not count.
            _seed = newest?.Manifest.Seed ?? train.Seed;
            _data = TrainingData.Open(config.Data);
            GptConfig shape = config.Model.ToGptConfig(_data.Tokenizer.VocabularySize, _data.SeparatorToken(config.Data));
            _memory = new RunMemory(config, shape, SampleWriter.PlanOf(_data, config.Sample));
            _account = new StepAccount(_memory.Plan.FlopsPerToken, new ModelFlops(shape).Formula, DevicePeak.Of(_device));
            _model = new Gpt(_device.Engine, shape, train.Precision.On(_device))
            {
                Recompute = train.Recompute,
            };
            _optimizer = (train with { Seed = _seed }).CreateOptimizer(_model);
            _model.Initialize(_seed);
            if (train.Init is { } start && newest is null)
            {
                ModelStart.Load(start, _model, _data, _device, _notice);
            }

            BlockSet blocks = _data.Blocks(Split.Training, config.Model.BlockSize, config.Data.Alignment)!;
            _batches = _data.Sampler(config.Model.BlockSize, config.Data.Alignment, _seed, train.Batch);
            _step = new TrainStep(_model, _optimizer, _batches, train.CreateSchedule(), _seed, _memory.Plan.MicroBatch);
            _guard = new GuardedStep(_step, _model, train);
            _evaluation = RunEvaluation.Create(_model, _data, blocks, config);
            _samples = new SampleWriter(_model, _data, config.Sample);

            _fit = new MemoryGuard(_memory, _device.Engine, _step, _evaluation, Say);
            _folder ??= RunFolder.Create(train.RunFolder);
            if (newest is { } checkpoint)
            {
                Restore(checkpoint.Folder, checkpoint.Manifest);
            }

            _folder.Save(config);
            _folder.Checkpoints.Open();
            _saver = new CheckpointSaver(
                _folder.Checkpoints, _model, _optimizer, train.Retention, train.CopiesCheckpoints(_evaluation is not null));
            _metrics = _folder.OpenMetrics(_done);
            _log = _folder.OpenLog();
            _observer = new TrainingObservers(_metrics, _log, _folder.Samples(), observer);
            _profile = profile is null ? null : new RunProfile(profile, config, _done, _device, _step, _folder, _observer);
        }
        catch
        {
            _saver?.Dispose();
            _data?.Dispose();
            _device.Dispose();
            _folder?.Dispose();
            throw;
        }
    }

    /// <summary>The model, as trained so far.</summary>
    public Gpt Model => _model;

    internal TrainStep Step => _step;

    /// <summary>Trains to the end, or until asked to stop; then the step is finished and a checkpoint saved.</summary>
    /// <param name="stop">Asks to stop.</param>
    /// <exception cref="TrainingException">A batch was not sound, and the configuration says to stop; a checkpoint of the state before it is saved.</exception>
    /// <exception cref="IOException">A checkpoint could not be saved; the ones before it are whole.</exception>
    public RunFinished Run(CancellationToken stop = default)
    {
        _clock.Restart();
        _observer.OnStarted(new RunStarted(
            _config.Train.Name ?? "run", _folder.Path, _done, _config.Train.Steps, _model.ParameterCount, _device.Description, _data.Description,
            _account, _memory.Plan));
        try
        {
            // An interruption may have come before an evaluation did.
            EvaluateIfDue(stop);
            while (_done < _config.Train.Steps)
            {
                stop.ThrowIfCancellationRequested();
                Announce(_saver.TakeFinished());
                if (!TakeStep())
                {
                    continue;
                }

                bool isBest = EvaluateIfDue(stop);
                if (IsDue(_config.Sample.Every))
                {
                    WriteSamples(stop);
                }

                if (isBest || IsDue(_config.Train.CheckpointEvery))
                {
                    BeginSave();
                }
            }

            return Complete(stop);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            _log.Write($"failed after step {_done}: {exception.Message}");
            if (exception is StepFaultException { WeightsAreDamaged: false })
            {
                Save();
            }

            throw;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Save();
            return Finish(RunOutcome.Interrupted, acceptedShare: null);
        }
    }

    /// <summary>Frees the model and closes the files.</summary>
    public void Dispose()
    {
        _saver.Dispose();
        _metrics.Dispose();
        _log.Dispose();
        _data.Dispose();
        _device.Dispose();
        _folder.Dispose();
    }

    // For the user, and for who reads the log of the run later.
    private void Say(string message)
    {
        _notice(message);
        _log?.Write(message);
    }

    // False if the run had to go back to a checkpoint instead.
    private bool TakeStep()
    {
        long started = Stopwatch.GetTimestamp();
        TrainStepResult result;
        try
        {
            TrainStepResult Step() => _guard.Run(_done, _observer.OnFault);
            result = _fit.Run($"Step {_done + 1}", () => _profile?.Run(_done + 1, Step) ?? Step());
        }
        catch (StepFaultException fault) when (fault.WeightsAreDamaged && _config.Train.OnNonFinite == FaultAction.Skip)
        {
            RollBack(fault);
            return false;
        }

        _done++;
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        (_stepSeconds, _stepsTaken) = (_stepSeconds + seconds, _stepsTaken + 1);
        double speed = _step.TokenCount / seconds;
        _observer.OnStep(new StepDone(
            _done, result.Loss, result.LearningRate, result.GradientNorm, speed, _clock.Elapsed, _account.Mfu(speed), _account.Hfu(speed)));
        _profile?.WriteIfDone(_done);
        return true;
    }

    // Between steps, at a cadence; at the end of the run all of it happens anyway.
    private bool IsDue(long every) => every > 0 && _done > 0 && _done % every == 0 && _done < _config.Train.Steps;

    private bool EvaluateIfDue(CancellationToken stop) =>
        IsDue(_config.Train.EvaluateEvery) && _evaluatedStep != _done && Evaluate(stop);

    private bool Evaluate(CancellationToken stop)
    {
        if (_fit.Run($"The evaluation after step {_done}", () => _evaluation?.Run(_done, _bestLoss, stop)) is not { } evaluated)
        {
            return false;
        }

        (_lastEvaluation, _evaluatedStep) = (evaluated, _done);
        if (evaluated.IsBest)
        {
            (_bestLoss, _bestStep) = (evaluated.ValidationLoss, _done);
        }

        _observer.OnEvaluated(evaluated);
        return evaluated.IsBest;
    }

    private void WriteSamples(CancellationToken stop)
    {
        IReadOnlyList<string> texts = [];
        _fit.TryRun("samples", () => texts = _samples.Write(_done, stop));
        foreach (string text in texts)
        {
            _observer.OnSample(new SampleGenerated(_done, _config.Sample.Prompt, text));
        }
    }

    private RunFinished Complete(CancellationToken stop)
    {
        Evaluate(stop);
        Save();
        WriteSamples(stop);
        double? accepted = null;
        _fit.TryRun("judging stories", () => accepted = _samples.AcceptedShare(stop));
        return Finish(RunOutcome.Completed, accepted);
    }

    private RunFinished Finish(RunOutcome outcome, double? acceptedShare)
    {
        var finished = new RunFinished(
            outcome, _done, _lastEvaluation?.TrainLoss, _lastEvaluation?.ValidationLoss, _lastEvaluation?.Floor, acceptedShare,
            TimeSpan.FromSeconds(_secondsBefore) + _clock.Elapsed,
            _stepsTaken == 0 ? null : new RunSpeed(_stepsTaken * _step.TokenCount / _stepSeconds, _account));
        if (outcome == RunOutcome.Completed)
        {
            _folder.Save(RunSummary.Of(finished));
        }

        _observer.OnFinished(finished);
        return finished;
    }

    // The training goes on while the checkpoint is written.
    private void BeginSave()
    {
        Announce(_saver.Wait());
        _observer.OnCheckpointStarted(_done);
        _saver.Begin(Describe());
    }

    private void Save()
    {
        Announce(_saver.Wait());
        if (!Directory.Exists(_folder.Checkpoints.FolderOf(_done)))
        {
            _observer.OnCheckpointStarted(_done);
            _saver.BeginNow(Describe());
            Announce(_saver.Wait());
        }
    }

    private void Announce(SavedCheckpoint? saved)
    {
        if (saved is not null)
        {
            _observer.OnCheckpoint(new CheckpointSaved(saved.Step, saved.Folder, saved.IsBest));
        }
    }

    private CheckpointManifest Describe() => new()
    {
        Format = CheckpointManifest.CurrentFormat,
        Writer = CheckpointManifest.CurrentWriter,
        Step = _done,
        NextBatch = _done + _guard.Skips,
        Skips = _guard.Skips,
        LossStatistics = _guard.Spikes.Statistics,
        Optimizer = _optimizer.Kind,
        Updates = _optimizer.Updates,
        NextBatchHash = BatchHash.Of(_batches, _done + _guard.Skips),
        Seed = _seed,
        MicroBatch = _memory.Plan.MicroBatch,
        Device = _device.Engine.Backend.Arithmetic,
        Seconds = _secondsBefore + _clock.Elapsed.TotalSeconds,
        EvaluatedStep = _evaluatedStep,
        BestLoss = _bestLoss,
        BestStep = _bestStep,
        Model = _model.Config,
        Tokenizer = TokenizerFile.ToJson(_data.Tokenizer),
        Data = _data.Identity,
        Config = RunConfigWriter.ToYaml(_config),
        Files = new Dictionary<string, string>(),
    };

    private (string Folder, CheckpointManifest Manifest)? FindNewest()
    {
        if (_folder.Checkpoints.FindNewest(_notice) is { } newest)
        {
            return newest;
        }

        if (_folder.Checkpoints.Steps.Count > 0)
        {
            throw new TrainingException($"No checkpoint in {_folder.Path} is sound, so the run cannot go on; nothing was changed.");
        }

        _notice($"{_folder.Path} has no checkpoint yet; the run starts from its beginning.");
        return null;
    }

    private void Restore(string folder, CheckpointManifest manifest)
    {
        foreach (string notice in ResumeCheck.Notices(folder, manifest, _config, _data, _device, _batches))
        {
            _notice(notice);
        }

        // What was chosen, or what memory once forced, goes on, so that the bits do.
        if (RunConfigReader.Parse(manifest.Config, folder).Train.MicroBatch == _config.Train.MicroBatch)
        {
            if (!_memory.TryUse(manifest.MicroBatch))
            {
                _notice(
                    $"The run was computed with train.micro_batch {manifest.MicroBatch}, for which there is not enough memory here; it goes on with {_memory.Plan.MicroBatch}: not bit-exact from here.");
            }
        }

        Load(folder, manifest);
        _secondsBefore = manifest.Seconds;
    }

    // Weights that hold NaN are beyond repair, whatever the batches: the run goes back to where they were sound and takes the same batches again.
    private void RollBack(StepFaultException fault)
    {
        Announce(_saver.Wait());
        if (_folder.Checkpoints.FindNewest(_notice) is not { } newest || _rollBacks++ == _config.Train.SkipLimit)
        {
            throw fault;
        }

        Load(newest.Folder, newest.Manifest);
        _metrics.CutAfter(_done);
    }

    private void Load(string folder, CheckpointManifest manifest)
    {
        Checkpoint.LoadModel(folder, _model);
        if (manifest.Optimizer == _optimizer.Kind)
        {
            Checkpoint.LoadOptimizer(folder, _model, _optimizer);
            _optimizer.Updates = manifest.Updates;
        }

        _done = manifest.Step;
        (_guard.Skips, _guard.Spikes.Statistics) = (manifest.NextBatch - manifest.Step, manifest.LossStatistics);
        (_evaluatedStep, _bestLoss, _bestStep) = (manifest.EvaluatedStep, manifest.BestLoss, manifest.BestStep);
        _folder.Checkpoints.SetAsideAfter(_done);
    }
}
