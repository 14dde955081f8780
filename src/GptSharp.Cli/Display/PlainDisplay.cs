using GptSharp.Training.Metrics;

namespace GptSharp.Cli.Display;

/// <summary>Writes a run as lines of text, for files, pipes and terminals that cannot do more: not one control character but line feeds.</summary>
/// <param name="writer">Where to.</param>
internal sealed class PlainDisplay(TextWriter writer) : TrainingObserver
{
    // A run of any length makes some fifty lines, and a slow one still a line every half minute.
    private const int Lines = 50;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private TrainingState? _state;
    private TimeSpan _written;

    /// <inheritdoc/>
    public override void OnStarted(RunStarted started)
    {
        _state = new TrainingState(started);
        writer.WriteLine($"{started.Name}: {Format.Count(started.ParameterCount)} parameters on {started.Device}, learning from {started.Data}");
        writer.WriteLine(started.FirstStep == 0
            ? $"{Format.Count(started.Steps)} steps, saved in {started.RunFolder}"
            : $"going on after step {Format.Count(started.FirstStep)} of {Format.Count(started.Steps)}, saved in {started.RunFolder}");
        if (started.Memory is { } memory)
        {
            writer.WriteLine($"micro-batch {Format.Count(memory.MicroBatch)}, {Format.Bytes(memory.Peak)} of memory at most");
        }

        if (started.Account is { } account)
        {
            writer.WriteLine(FlopText.PerToken(account));
        }

        writer.Flush();
    }

    /// <inheritdoc/>
    public override void OnStep(StepDone step)
    {
        _state!.Add(step);
        long steps = _state.Started.Steps;
        bool isDue = step.Step == steps || step.Step == _state.Started.FirstStep + 1 || step.Step % Math.Max(1, steps / Lines) == 0;
        if (!isDue && step.Elapsed - _written < LongestSilence)
        {
            return;
        }

        _written = step.Elapsed;
        Write(
            $"step {Format.Count(step.Step)}/{Format.Count(steps)}",
            $"loss {Format.Loss(step.Loss)}",
            $"lr {Format.Scientific(step.LearningRate)}",
            $"grad norm {Format.Norm(step.GradientNorm)}",
            $"{Format.Count((long)step.TokensPerSecond)} tokens/s",
            step.Mfu is null ? "" : $"MFU {FlopText.Share(step.Mfu)}",
            $"{Format.Duration(_state.Remaining ?? TimeSpan.Zero)} left");
    }

    /// <inheritdoc/>
    public override void OnFault(StepFault fault) => Write(Format.Fault(fault));

    /// <inheritdoc/>
    public override void OnEvaluated(Evaluated evaluated) => Write(
        $"evaluated at step {Format.Count(evaluated.Step)}",
        $"train {Format.Loss(evaluated.TrainLoss)}",
        $"validation {Format.Loss(evaluated.ValidationLoss)}{(evaluated.IsBest ? " (best)" : "")}",
        evaluated.Floor is null ? "" : $"floor {Format.Loss(evaluated.Floor)}",
        $"gap {Format.Loss(evaluated.Gap)}");

    /// <inheritdoc/>
    public override void OnSample(SampleGenerated sample)
    {
        writer.WriteLine($"sample at step {Format.Count(sample.Step)}:");
        foreach (string line in Format.Printable(sample.Prompt + sample.Text).TrimEnd().Split('\n'))
        {
            writer.WriteLine($"    {line}".TrimEnd());
        }

        writer.Flush();
    }

    /// <inheritdoc/>
    public override void OnCheckpoint(CheckpointSaved checkpoint) =>
        Write($"saved step {Format.Count(checkpoint.Step)} in {checkpoint.Path}{(checkpoint.IsBest ? " (best)" : "")}");

    /// <inheritdoc/>
    public override void OnProfiled(StepsProfiled profiled)
    {
        ProfileTable.Write(writer, profiled);
        writer.Flush();
    }

    /// <inheritdoc/>
    public override void OnFinished(RunFinished finished)
    {
        if (finished.Speed is { } speed)
        {
            Write(FlopText.Utilization(speed));
        }

        Write(Format.Summary(finished, _state!.Started.RunFolder));
    }

    private void Write(params string[] parts)
    {
        writer.WriteLine(string.Join("  ", parts.Where(part => part.Length > 0)));
        writer.Flush();
    }
}
