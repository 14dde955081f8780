using System.Diagnostics;
using GptSharp.Data.Sampling;
using GptSharp.Data.Tokenizers;
using GptSharp.Nn;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;
using GptSharp.Training.Metrics;
using GptSharp.Training.Optimization;

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
    private readonly AdamW _optimizer;
    private readonly TrainStep _step;
    private readonly RunEvaluation? _evaluation;
    private readonly SampleWriter _samples;
    private readonly RunFolder _folder;
    private readonly MetricsFile _metrics;
    private readonly TrainingObserver _observer;
    private readonly Stopwatch _clock = new();

    private long _done;
    private double _secondsBefore;
    private double? _bestLoss;
    private long? _bestStep;
    private long? _evaluatedStep;
    private Evaluated? _lastEvaluation;

    /// <summary>Prepares a run, or goes back to the newest sound checkpoint of one.</summary>
    /// <param name="config">Everything that decides it.</param>
    /// <param name="observer">Told of everything that happens.</param>
    /// <param name="resume">Goes on with the run in the configuration's folder.</param>
    /// <param name="notice">Told what the user should know before the run goes on; null to say nothing.</param>
    /// <exception cref="TrainingException">The folder exists, or there is nothing to resume.</exception>
    public Trainer(RunConfig config, TrainingObserver observer, bool resume = false, Action<string>? notice = null)
    {
        _config = config.Validate();
        TrainSection train = config.Train;
        _device = Devices.Open(train.Device, train.Threads);
        try
        {
            _data = TrainingData.Open(config.Data);
            GptConfig shape = config.Model.ToGptConfig(_data.Tokenizer.VocabularySize, _data.SeparatorToken(config.Data));
            _model = new Gpt(_device.Engine, shape, train.Precision.On(_device))
            {
                Recompute = train.Recompute,
            };
            var options = new AdamWOptions(
                train.Beta1, train.Beta2, train.Epsilon, train.WeightDecay,
                train.GradientClip == 0 ? double.PositiveInfinity : train.GradientClip);
            var scales = new LearningRateScales(train.EmbeddingRateScale, train.LayerRateScales.Numbers);
            _optimizer = new AdamW(_model.Arena, options, train.Seed, parameter => scales.Of(_model, parameter));
            _model.Initialize(train.Seed);

            BlockSet blocks = _data.Blocks(Split.Training, config.Model.BlockSize, config.Data.Alignment)!;
            var batches = new BatchSampler(blocks, train.Seed, train.Batch);
            _step = new TrainStep(_model, _optimizer, batches, train.CreateSchedule(), train.Seed, train.MicroBatch ?? train.Batch);
            _evaluation = RunEvaluation.Create(_model, _data, blocks, config);
            _samples = new SampleWriter(_model, _data, config.Sample);

            _folder = resume ? RunFolder.Open(train.RunFolder) : RunFolder.Create(train.RunFolder);
            if (resume)
            {
                Restore(notice ?? (_ => { }));
            }

            _folder.Save(config);
            _folder.Checkpoints.Open();
            _metrics = _folder.OpenMetrics(_done);
            _observer = new TrainingObservers(_metrics, observer);
        }
        catch
        {
            _data?.Dispose();
            _device.Dispose();
            throw;
        }
    }

    /// <summary>The model, as trained so far.</summary>
    public Gpt Model => _model;

    /// <summary>Trains to the end, or until asked to stop; then the step is finished and a checkpoint saved.</summary>
    /// <param name="stop">Asks to stop.</param>
    /// <exception cref="TrainingException">Loss or gradient is no longer finite.</exception>
    /// <exception cref="IOException">A checkpoint could not be saved; the ones before it are whole.</exception>
    public RunFinished Run(CancellationToken stop = default)
    {
        _clock.Restart();
        _observer.OnStarted(new RunStarted(
            _config.Train.Name ?? "run", _folder.Path, _done, _config.Train.Steps, _model.ParameterCount, _device.Description, _data.Description));
        try
        {
            // An interruption may have come before an evaluation did.
            EvaluateIfDue(stop);
            while (_done < _config.Train.Steps)
            {
                stop.ThrowIfCancellationRequested();
                TakeStep();
                bool isBest = EvaluateIfDue(stop);
                if (IsDue(_config.Sample.Every))
                {
                    WriteSamples(stop);
                }

                if (isBest || IsDue(_config.Train.CheckpointEvery))
                {
                    Save();
                }
            }

            return Complete(stop);
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
        _metrics.Dispose();
        _data.Dispose();
        _device.Dispose();
    }

    private void TakeStep()
    {
        long started = Stopwatch.GetTimestamp();
        TrainStepResult result = _step.Run(_done, batch: _done);
        _done++;
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        _observer.OnStep(new StepDone(
            _done, result.Loss, result.LearningRate, result.GradientNorm, _step.TokenCount / seconds, _clock.Elapsed));
    }

    // Between steps, at a cadence; at the end of the run all of it happens anyway.
    private bool IsDue(long every) => every > 0 && _done > 0 && _done % every == 0 && _done < _config.Train.Steps;

    private bool EvaluateIfDue(CancellationToken stop) =>
        IsDue(_config.Train.EvaluateEvery) && _evaluatedStep != _done && Evaluate(stop);

    private bool Evaluate(CancellationToken stop)
    {
        if (_evaluation?.Run(_done, _bestLoss, stop) is not { } evaluated)
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
        foreach (string text in _samples.Write(_done, stop))
        {
            _observer.OnSample(new SampleGenerated(_done, _config.Sample.Prompt, text));
        }
    }

    private RunFinished Complete(CancellationToken stop)
    {
        Evaluate(stop);
        Save();
        WriteSamples(stop);
        return Finish(RunOutcome.Completed, _samples.AcceptedShare(stop));
    }

    private RunFinished Finish(RunOutcome outcome, double? acceptedShare)
    {
        var finished = new RunFinished(
            outcome, _done, _lastEvaluation?.TrainLoss, _lastEvaluation?.ValidationLoss, _lastEvaluation?.Floor, acceptedShare,
            TimeSpan.FromSeconds(_secondsBefore) + _clock.Elapsed);
        if (outcome == RunOutcome.Completed)
        {
            _folder.Save(RunSummary.Of(finished));
        }

        _observer.OnFinished(finished);
        return finished;
    }

    private void Save()
    {
        string folder = _folder.Checkpoints.FolderOf(_done);
        if (!Directory.Exists(folder))
        {
            Checkpoint.Save(folder, _model, _optimizer, Describe());
            _folder.Checkpoints.Prune(_bestStep);
            _observer.OnCheckpoint(new CheckpointSaved(_done, folder, _bestStep == _done));
        }
    }

    private CheckpointManifest Describe() => new()
    {
        Format = CheckpointManifest.CurrentFormat,
        Writer = $"GptSharp {typeof(Trainer).Assembly.GetName().Version?.ToString(3)}",
        Step = _done,
        NextBatch = _done,
        Updates = _optimizer.Updates,
        Seed = _config.Train.Seed,
        MicroBatch = _config.Train.MicroBatch ?? _config.Train.Batch,
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

    private void Restore(Action<string> notice)
    {
        if (_folder.Checkpoints.FindNewest(notice) is not { } newest)
        {
            if (_folder.Checkpoints.Steps.Count > 0)
            {
                throw new TrainingException($"No checkpoint in {_folder.Path} is sound, so the run cannot go on; nothing was changed.");
            }

            notice($"{_folder.Path} has no checkpoint yet; the run starts from its beginning.");
            return;
        }

        CheckpointManifest manifest = newest.Manifest;
        _data.RequireTokenizer(manifest.Tokenizer, newest.Folder);
        RunConfig started = RunConfigReader.Parse(manifest.Config, newest.Folder);
        foreach (string difference in ResumeComparison.Check(started, _config))
        {
            notice(difference);
        }

        if (manifest.Data != _data.Identity)
        {
            notice($"The text of {_data.Description} is not the one that the run has learnt from: from here the run differs from one that was never interrupted.");
        }

        if (manifest.Device != _device.Engine.Backend.Arithmetic)
        {
            notice($"The run was computed on {manifest.Device} and goes on with {_device.Engine.Backend.Arithmetic}: not bit-exact from here.");
        }

        Checkpoint.LoadModel(newest.Folder, _model);
        Checkpoint.LoadOptimizer(newest.Folder, _model, _optimizer);
        _optimizer.Updates = manifest.Updates;
        (_done, _secondsBefore) = (manifest.Step, manifest.Seconds);
        (_evaluatedStep, _bestLoss, _bestStep) = (manifest.EvaluatedStep, manifest.BestLoss, manifest.BestStep);
        _folder.Checkpoints.SetAsideAfter(_done);
    }
}
