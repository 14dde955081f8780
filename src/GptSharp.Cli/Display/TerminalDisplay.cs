using GptSharp.Training.Metrics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GptSharp.Cli.Display;

/// <summary>Shows a run in a terminal as one picture that changes in place; at its end the last samples and a summary stand below it.</summary>
/// <param name="console">The terminal.</param>
/// <param name="time">The clock that limits how often it is drawn.</param>
/// <remarks>Spectre's own live display pads every picture to the widest one so far, which a window made narrower would wrap.</remarks>
internal sealed class TerminalDisplay(IAnsiConsole console, TimeProvider time) : TrainingObserver, IDisposable
{
    private const string EraseRestOfLine = "\u001b[K";
    private const string EraseBelow = "\u001b[J";

    // Drawing costs milliseconds that the training waits for; four pictures a second look alive and cost less than a hundredth.
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(250);

    private TrainingState? _state;
    private StepsProfiled? _profiled;
    private long _drawnAt;
    private (int Width, int Height) _window;
    private int _pictureHeight;
    private bool _cursorIsHidden;

    /// <inheritdoc/>
    public override void OnStarted(RunStarted started)
    {
        _state = new TrainingState(started);
        console.Cursor.Hide();
        _cursorIsHidden = true;
        Draw(showSample: true);
    }

    /// <inheritdoc/>
    public override void OnStep(StepDone step)
    {
        _state!.Add(step);
        if (time.GetElapsedTime(_drawnAt) >= LeastInterval)
        {
            Draw(showSample: true);
        }
    }

    /// <inheritdoc/>
    public override void OnFault(StepFault fault)
    {
        // It stays, above the picture.
        console.Write(new Picture([], _pictureHeight));
        _pictureHeight = 0;
        console.Write(new Text(Format.Fault(fault)));
        console.WriteLine();
        Draw(showSample: true);
    }

    /// <inheritdoc/>
    public override void OnEvaluated(Evaluated evaluated)
    {
        _state!.Evaluation = evaluated;
        Draw(showSample: true);
    }

    /// <inheritdoc/>
    public override void OnSample(SampleGenerated sample)
    {
        _state!.Add(sample);
        Draw(showSample: true);
    }

    /// <inheritdoc/>
    public override void OnCheckpoint(CheckpointSaved checkpoint)
    {
        _state!.Checkpoint = checkpoint;
        Draw(showSample: true);
    }

    /// <inheritdoc/>
    public override void OnProfiled(StepsProfiled profiled) => _profiled = profiled;

    /// <inheritdoc/>
    public override void OnFinished(RunFinished finished)
    {
        // The samples follow in full, so the last picture needs none.
        Draw(showSample: false);
        Dispose();
        foreach (SampleGenerated sample in _state!.Samples.Where(sample => sample.Step == finished.Step))
        {
            console.WriteLine();
            console.Write(new Text(Format.Printable(sample.Prompt + sample.Text).TrimEnd()));
            console.WriteLine();
        }

        if (_profiled is { } profiled)
        {
            console.WriteLine();
            ProfileTable.Write(console.Profile.Out.Writer, profiled);
        }

        console.WriteLine();
        if (finished.Speed is { } speed)
        {
            console.Write(new Text(FlopText.Utilization(speed)));
            console.WriteLine();
        }

        console.Write(new Text(Format.Summary(finished, _state.Started.RunFolder)));
        console.WriteLine();
    }

    /// <summary>Leaves the last picture standing and gives the cursor back.</summary>
    public void Dispose()
    {
        if (_cursorIsHidden)
        {
            console.Cursor.Show();
            _cursorIsHidden = false;
        }
    }

    private void Draw(bool showSample)
    {
        _drawnAt = time.GetTimestamp();
        (int Width, int Height) window = (console.Profile.Width, console.Profile.Height);
        if (window != _window && _pictureHeight > 0)
        {
            // The terminal has wrapped the old picture anew, so where it begins is unknown.
            console.Clear(home: true);
            _pictureHeight = 0;
        }

        _window = window;
        IRenderable frame = new TrainingFrame(_state!, showSample);
        List<SegmentLine> lines = Segment.SplitLines(frame.Render(RenderOptions.Create(console), window.Width));
        console.Write(new Picture(lines, _pictureHeight));
        _pictureHeight = lines.Count;
    }

    /// <summary>Lines written over the lines of the picture before.</summary>
    private sealed class Picture(List<SegmentLine> lines, int heightBefore) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            if (heightBefore > 0)
            {
                yield return Segment.Control($"\r\u001b[{heightBefore}A");
            }

            foreach (SegmentLine line in lines)
            {
                foreach (Segment segment in line)
                {
                    yield return segment;
                }

                yield return Segment.Control(EraseRestOfLine);
                yield return Segment.LineBreak;
            }

            yield return Segment.Control(EraseBelow);
        }
    }
}
