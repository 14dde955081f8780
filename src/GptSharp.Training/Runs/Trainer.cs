using System.Diagnostics;
using GptSharp.Nn;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Guards;
using GptSharp.Training.Memory;
using GptSharp.Training.Metrics;
using GptSharp.Training.Profiling;

namespace GptSharp.Training.Runs;

/// <summary>
/// A whole run: the training step, and around it evaluations, samples, checkpoints and whoever watches. Everything that decides the
/// run's numbers is its configuration, so a run that is resumed goes on to the bit as if nothing had happened.
/// </summary>
public sealed class Trainer : IDisposable
{
    private readonly RunConfig _config;
    private readonly RunSetup _run;
    private readonly RunProgress _progress = new();
    private readonly RunCheckpoints _checkpoints;
    private readonly MemoryGuard _memory;
    private readonly RunProfile? _profile;
    private readonly RunFolder _folder;
    private readonly MetricsFile _metrics;
    private readonly LogFile _log;
    private readonly TrainingObserver _observer;
    private readonly Action<string> _notice;
    private readonly Stopwatch _clock = new();

    private int _rollBacks;
    private double _stepSeconds;
    private long _stepsTaken;
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
        try
        {
            (string Folder, CheckpointManifest Manifest)? newest = null;
            if (resume)
            {
                _folder = RunFolder.Open(config.Train.RunFolder);
                newest = RunCheckpoints.FindNewest(_folder, _notice);
            }

            // Random numbers go on from the checkpoint's state, of which the seed is the part that does not count.
            _run = new RunSetup(config, newest?.Manifest.Seed, _notice);
            _memory = new MemoryGuard(_run.Memory, _run.Device.Engine, _run.Step, _run.Evaluation, Say);
            _folder ??= RunFolder.Create(config.Train.RunFolder);
            _checkpoints = new RunCheckpoints(_run, _progress, _folder, newest, _notice) { Observer = observer };
            _folder.Save(config);
            _metrics = _folder.OpenMetrics(_progress.Done);
            _log = _folder.OpenLog();
            _checkpoints.Observer = _observer = new TrainingObservers(_metrics, _log, _folder.Samples(), observer);
            _profile = profile is null ? null : new RunProfile(profile, config, _progress.Done, _run.Device, _run.Step, _folder, _observer);
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>The model, as trained so far.</summary>
    public Gpt Model => _run.Model;

    internal TrainStep Step => _run.Step;

    /// <summary>Trains to the end, or until asked to stop; then the step is finished and a checkpoint saved.</summary>
    /// <param name="stop">Asks to stop.</param>
    /// <exception cref="TrainingException">A batch was not sound, and the configuration says to stop; a checkpoint of the state before it is saved.</exception>
    /// <exception cref="IOException">A checkpoint could not be saved; the ones before it are whole.</exception>
    public RunFinished Run(CancellationToken stop = default)
    {
        _clock.Restart();
        _observer.OnStarted(new RunStarted(
            _config.Train.Name ?? "run", _folder.Path, _progress.Done, _config.Train.Steps, _run.Model.ParameterCount, _run.Device.Description, _run.Data.Description,
            _run.Account, _run.Memory.Plan));
        try
        {
            // An interruption may have come before an evaluation did.
            EvaluateIfDue(stop);
            while (_progress.Done < _config.Train.Steps)
            {
                stop.ThrowIfCancellationRequested();
                _checkpoints.TellOfFinished();
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
                    _checkpoints.Begin(Seconds);
                }
            }

            return Complete(stop);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            _log.Write($"failed after step {_progress.Done}: {exception.Message}");
            if (exception is StepFaultException { WeightsAreDamaged: false })
            {
                _checkpoints.Save(Seconds);
            }

            throw;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            _checkpoints.Save(Seconds);
            return Finish(RunOutcome.Interrupted, acceptedShare: null);
        }
    }

    /// <summary>Frees the model and closes the files.</summary>
    public void Dispose() => Close();

    // Also after a constructor that has come half its way.
    private void Close()
    {
        _checkpoints?.Dispose();
        _metrics?.Dispose();
        _log?.Dispose();
        _run?.Dispose();
        _folder?.Dispose();
    }

    // Of training so far, in whichever process.
    private double Seconds => _progress.SecondsBefore + _clock.Elapsed.TotalSeconds;

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
            TrainStepResult Step() => _run.Guard.Run(_progress.Done, _observer.OnFault);
            result = _memory.Run($"Step {_progress.Done + 1}", () => _profile?.Run(_progress.Done + 1, Step) ?? Step());
        }
        catch (StepFaultException fault) when (fault.WeightsAreDamaged && _config.Train.OnNonFinite == FaultAction.Skip)
        {
            RollBack(fault);
            return false;
        }

        _progress.Done++;
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        (_stepSeconds, _stepsTaken) = (_stepSeconds + seconds, _stepsTaken + 1);
        double speed = _run.Step.TokenCount / seconds;
        _observer.OnStep(new StepDone(
            _progress.Done, result.Loss, result.LearningRate, result.GradientNorm, speed, _clock.Elapsed, _run.Account.Mfu(speed), _run.Account.Hfu(speed)));
        _profile?.WriteIfDone(_progress.Done);
        return true;
    }

    // Between steps, at a cadence; at the end of the run all of it happens anyway.
    private bool IsDue(long every) => every > 0 && _progress.Done > 0 && _progress.Done % every == 0 && _progress.Done < _config.Train.Steps;

    private bool EvaluateIfDue(CancellationToken stop) =>
        IsDue(_config.Train.EvaluateEvery) && _progress.EvaluatedStep != _progress.Done && Evaluate(stop);

    private bool Evaluate(CancellationToken stop)
    {
        if (_memory.Run($"The evaluation after step {_progress.Done}", () => _run.Evaluation?.Run(_progress.Done, _progress.BestLoss, stop)) is not { } evaluated)
        {
            return false;
        }

        (_lastEvaluation, _progress.EvaluatedStep) = (evaluated, _progress.Done);
        if (evaluated.IsBest)
        {
            (_progress.BestLoss, _progress.BestStep) = (evaluated.ValidationLoss, _progress.Done);
        }

        _observer.OnEvaluated(evaluated);
        return evaluated.IsBest;
    }

    private void WriteSamples(CancellationToken stop)
    {
        IReadOnlyList<string> texts = [];
        _memory.TryRun("samples", () => texts = _run.Samples.Write(_progress.Done, stop));
        foreach (string text in texts)
        {
            _observer.OnSample(new SampleGenerated(_progress.Done, _config.Sample.Prompt, text));
        }
    }

    private RunFinished Complete(CancellationToken stop)
    {
        Evaluate(stop);
        _checkpoints.Save(Seconds);
        WriteSamples(stop);
        double? accepted = null;
        _memory.TryRun("judging stories", () => accepted = _run.Samples.AcceptedShare(stop));
        return Finish(RunOutcome.Completed, accepted);
    }

    private RunFinished Finish(RunOutcome outcome, double? acceptedShare)
    {
        var finished = new RunFinished(
            outcome, _progress.Done, _lastEvaluation?.TrainLoss, _lastEvaluation?.ValidationLoss, _lastEvaluation?.Floor, acceptedShare,
            TimeSpan.FromSeconds(Seconds),
            _stepsTaken == 0 ? null : new RunSpeed(_stepsTaken * _run.Step.TokenCount / _stepSeconds, _run.MeasureAccountAgain()));
        if (outcome == RunOutcome.Completed)
        {
            _folder.Save(RunSummary.Of(finished));
        }

        _observer.OnFinished(finished);
        return finished;
    }

    // Weights that hold NaN are beyond repair, whatever the batches: the run goes back to where they were sound and takes the same batches again.
    private void RollBack(StepFaultException fault)
    {
        if (_rollBacks++ == _config.Train.SkipLimit || !_checkpoints.TryRollBack())
        {
            throw fault;
        }

        _metrics.CutAfter(_progress.Done);
    }
}
