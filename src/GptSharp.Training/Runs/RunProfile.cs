using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;
using GptSharp.Training.Profiling;

namespace GptSharp.Training.Runs;

/// <summary>Profiles some steps of a run and writes what it saw to the run's folder: <c>profile.json</c> and <c>trace.json</c>.</summary>
internal sealed class RunProfile
{
    private const string JsonName = "profile.json";
    private const string TraceName = "trace.json";

    private readonly ProfileRange _range;
    private readonly Device _device;
    private readonly TrainStep _step;
    private readonly RunFolder _folder;
    private readonly TrainingObserver _observer;
    private readonly DeviceSpeed _speed;
    private readonly Profiler _profiler;

    /// <exception cref="ConfigurationException">The run does not take those steps.</exception>
    public RunProfile(
        ProfileRange range, RunConfig config, long done, Device device, TrainStep step, RunFolder folder, TrainingObserver observer)
    {
        range.RequireWithin(done + 1, config.Train.Steps);
        (_range, _device, _step, _folder, _observer) = (range, device, step, folder, observer);
        _profiler = new Profiler(device.Engine.Backend);
        _speed = DeviceSpeed.Of(device, config.Train.Precision.On(device).Storage);
    }

    /// <summary>Takes a step, watched if it is to be profiled.</summary>
    /// <param name="number">Its number, from 1.</param>
    /// <param name="take">Takes it.</param>
    public TrainStepResult Run(long number, Func<TrainStepResult> take)
    {
        if (!_range.Contains(number))
        {
            return take();
        }

        (_device.Engine.Observer, _step.Profiler) = (_profiler, _profiler);
        try
        {
            return _profiler.Run(number, take);
        }
        finally
        {
            (_device.Engine.Observer, _step.Profiler) = (null, null);
        }
    }

    /// <summary>After the last of the steps: writes the files and tells the observer.</summary>
    public void WriteIfDone(long number)
    {
        if (number != _range.Last)
        {
            return;
        }

        var report = new ProfileReport(_profiler, _speed);
        string json = Path.Combine(_folder.Path, JsonName), trace = Path.Combine(_folder.Path, TraceName);
        AtomicFile.WriteText(json, report.ToJson());
        AtomicFile.Write(trace, stream => ChromeTrace.Write(stream, _profiler, Path.GetFileName(_folder.Path)));
        _observer.OnProfiled(new StepsProfiled(report, json, trace));
    }
}
