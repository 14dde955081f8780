using System.Globalization;
using System.Text;

namespace GptSharp.Training.Metrics;

/// <summary>
/// A run's log for people: one line for everything but the steps, each with the time in UTC. It is only ever appended to, so that it tells
/// of interruptions, too.
/// </summary>
public sealed class LogFile : TrainingObserver, IDisposable
{
    private readonly StreamWriter _writer;
    private readonly TimeProvider _time;

    /// <summary>Opens the file at its end; it is made when there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public LogFile(string path, TimeProvider time)
    {
        _writer = new StreamWriter(path, append: true, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };
        _time = time;
    }

    /// <summary>Writes a line.</summary>
    /// <param name="text">One sentence.</param>
    public void Write(string text) => _writer.WriteLine(
        $"{_time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)} {text.ReplaceLineEndings(" ")}");

    /// <inheritdoc/>
    public override void OnStarted(RunStarted started) => Write(FormattableString.Invariant(
        $"started at step {started.FirstStep} of {started.Steps}: {started.ParameterCount} parameters on {started.Device}, learning from {started.Data}"));

    /// <inheritdoc/>
    public override void OnFault(StepFault fault) => Write(FormattableString.Invariant(
        $"step {fault.Step}, batch {fault.Batch}: {fault.What}; {fault.Action.ToString().ToLowerInvariant()}"));

    /// <inheritdoc/>
    public override void OnEvaluated(Evaluated evaluated) => Write(FormattableString.Invariant(
        $"step {evaluated.Step}: train loss {evaluated.TrainLoss:0.0000}, validation loss {evaluated.ValidationLoss:0.0000}{(evaluated.IsBest ? ", the best so far" : "")}"));

    /// <inheritdoc/>
    public override void OnCheckpoint(CheckpointSaved checkpoint) => Write(FormattableString.Invariant($"step {checkpoint.Step}: saved in {checkpoint.Path}"));

    /// <inheritdoc/>
    public override void OnFinished(RunFinished finished) => Write(FormattableString.Invariant(
        $"{finished.Outcome.ToString().ToLowerInvariant()} at step {finished.Step} after {finished.Elapsed.TotalSeconds:0.0} s"));

    /// <summary>Closes the file.</summary>
    public void Dispose() => _writer.Dispose();
}
