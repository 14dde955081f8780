using GptSharp.Training.Metrics;
using Spectre.Console;

namespace GptSharp.Cli.Display;

/// <summary>Shows a run in a terminal as one picture that changes in place; at its end the last samples and a summary stand below it.</summary>
internal sealed class TerminalDisplay : TrainingObserver, IDisposable
{
    // Drawing costs milliseconds that the training waits for; four pictures a second look alive and cost less than a hundredth.
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(250);

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _end = new();
    private TrainingState? _state;
    private LiveDisplayContext? _screen;
    private Task _live = Task.CompletedTask;
    private long _drawn;

    /// <summary>Prepares a display; it appears with the run's first event.</summary>
    /// <param name="console">The terminal.</param>
    /// <param name="time">The clock that limits how often it is drawn.</param>
    public TerminalDisplay(IAnsiConsole console, TimeProvider time)
    {
        _console = console;
        _time = time;
    }

    /// <inheritdoc/>
    public override void OnStarted(RunStarted started)
    {
        _state = new TrainingState(started);

        // The callback runs until its first await before this returns, so the screen is there from here on.
        _live = _console.Live(new TrainingFrame(_state, showSample: true))
            .Overflow(VerticalOverflow.Crop)
            .Cropping(VerticalOverflowCropping.Bottom)
            .StartAsync(async screen =>
            {
                _screen = screen;
                await _end.Task.ConfigureAwait(false);
            });
        Draw();
    }

    /// <inheritdoc/>
    public override void OnStep(StepDone step)
    {
        _state!.Add(step);
        if (_time.GetElapsedTime(_drawn) >= LeastInterval)
        {
            Draw();
        }
    }

    /// <inheritdoc/>
    public override void OnEvaluated(Evaluated evaluated)
    {
        _state!.Evaluation = evaluated;
        Draw();
    }

    /// <inheritdoc/>
    public override void OnSample(SampleGenerated sample)
    {
        _state!.Add(sample);
        Draw();
    }

    /// <inheritdoc/>
    public override void OnCheckpoint(CheckpointSaved checkpoint)
    {
        _state!.Checkpoint = checkpoint;
        Draw();
    }

    /// <inheritdoc/>
    public override void OnFinished(RunFinished finished)
    {
        _screen!.UpdateTarget(new TrainingFrame(_state!, showSample: false));
        Dispose();
        foreach (SampleGenerated sample in _state!.Samples.Where(sample => sample.Step == finished.Step))
        {
            _console.WriteLine();
            _console.Write(new Text(Format.Printable(sample.Prompt + sample.Text).TrimEnd()));
            _console.WriteLine();
        }

        _console.WriteLine();
        _console.Write(new Text(Format.Summary(finished, _state.Started.RunFolder)));
        _console.WriteLine();
    }

    /// <summary>Leaves the last picture standing and gives the cursor back.</summary>
    public void Dispose()
    {
        _end.TrySetResult();
        _live.GetAwaiter().GetResult();
    }

    private void Draw()
    {
        _drawn = _time.GetTimestamp();
        _screen!.Refresh();
    }
}
