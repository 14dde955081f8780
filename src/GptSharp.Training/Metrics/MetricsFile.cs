using System.Buffers;
using System.Text;
using System.Text.Json;
using GptSharp.Training.Accounting;

namespace GptSharp.Training.Metrics;

/// <summary>
/// A run's history as JSON lines (https://jsonlines.org): one object per event, with <c>event</c> and <c>step</c> in each. A line is handed
/// to the operating system as soon as it is complete, so that it outlives the process. Numbers are written in full: they read back to the
/// same bits; a loss that is not finite becomes null.
/// </summary>
/// <remarks>
/// <code>
/// {"event":"started","step":0,"name":…,"steps":…,"parameters":…,"device":…,"data":…}
/// {"event":"step","step":1,"loss":…,"lr":…,"grad_norm":…,"tokens_per_second":…,"mfu":…,"hfu":…,"seconds":…}
/// {"event":"fault","step":7,"batch":7,"loss":…,"grad_norm":…,"what":…,"action":"skip"}
/// {"event":"eval","step":250,"train_loss":…,"val_loss":…,"floor":…,"gap":…,"best":true}
/// {"event":"sample","step":500,"prompt":…,"text":…}
/// {"event":"checkpoint","step":500,"path":…,"best":false}
/// {"event":"finished","step":2000,"outcome":"completed","train_loss":…,"val_loss":…,"floor":…,"accepted_share":…,"seconds":…}
/// </code>
/// </remarks>
public sealed class MetricsFile : TrainingObserver, IDisposable
{
    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly Utf8JsonWriter _json;

    private MetricsFile(FileStream file)
    {
        _file = file;
        _json = new Utf8JsonWriter(_line);
    }

    /// <summary>Starts the file of a new run.</summary>
    /// <param name="path">The file; it must not exist.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="IOException">The file exists or cannot be written.</exception>
    public static MetricsFile Create(string path) => new(new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read));

    /// <summary>
    /// Goes on with the file of a run that resumes from a checkpoint. Lines about later steps are cut off, since those steps are done again,
    /// and so is a line that a crash left unfinished.
    /// </summary>
    /// <param name="path">The file; it is made when there is none.</param>
    /// <param name="step">Updates done at the checkpoint: the last step to keep.</param>
    /// <returns>The open file.</returns>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static MetricsFile Resume(string path, long step)
    {
        FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            file.SetLength(LengthThrough(step, file));
            file.Seek(0, SeekOrigin.End);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        return new(file);
    }

    /// <summary>Forgets what was said of later steps: the run goes back to a checkpoint.</summary>
    /// <param name="step">The last step to keep.</param>
    public void CutAfter(long step)
    {
        _file.Seek(0, SeekOrigin.Begin);
        _file.SetLength(LengthThrough(step, _file));
        _file.Seek(0, SeekOrigin.End);
    }

    /// <inheritdoc/>
    public override void OnStarted(RunStarted started) => Write("started", started.FirstStep, json =>
    {
        json.WriteString("name", started.Name);
        json.WriteNumber("steps", started.Steps);
        json.WriteNumber("parameters", started.ParameterCount);
        json.WriteString("device", started.Device);
        json.WriteString("data", started.Data);
        if (started.Account is { } account)
        {
            json.WriteNumber("model_flops_per_token", account.PerToken.Model);
            json.WriteNumber("hardware_flops_per_token", account.PerToken.Hardware);
            json.WriteString("mfu_formula", StepAccount.MfuFormula);
            WriteNumber("peak_flops", account.Peak.FlopsPerSecond);
            json.WriteString("peak_source", account.Peak.Source);
        }

        if (started.Memory is { } memory)
        {
            json.WriteNumber("micro_batch", memory.MicroBatch);
            json.WriteNumber("memory_bytes", memory.Peak);
        }
    });

    /// <inheritdoc/>
    public override void OnStep(StepDone step) => Write("step", step.Step, json =>
    {
        WriteNumber("loss", step.Loss);
        WriteNumber("lr", step.LearningRate);
        WriteNumber("grad_norm", step.GradientNorm);
        WriteNumber("tokens_per_second", Math.Round(step.TokensPerSecond, 1));
        WriteNumber("mfu", Rounded(step.Mfu));
        WriteNumber("hfu", Rounded(step.Hfu));
        WriteSeconds(step.Elapsed);
    });

    /// <inheritdoc/>
    public override void OnFault(StepFault fault) => Write("fault", fault.Step, json =>
    {
        json.WriteNumber("batch", fault.Batch);
        WriteNumber("loss", fault.Loss);
        WriteNumber("grad_norm", fault.GradientNorm);
        json.WriteString("what", fault.What);
        json.WriteString("action", fault.Action.ToString().ToLowerInvariant());
    });

    /// <inheritdoc/>
    public override void OnEvaluated(Evaluated evaluated) => Write("eval", evaluated.Step, json =>
    {
        WriteNumber("train_loss", evaluated.TrainLoss);
        WriteNumber("val_loss", evaluated.ValidationLoss);
        WriteNumber("floor", evaluated.Floor);
        WriteNumber("gap", evaluated.Gap);
        json.WriteBoolean("best", evaluated.IsBest);
    });

    /// <inheritdoc/>
    public override void OnSample(SampleGenerated sample) => Write("sample", sample.Step, json =>
    {
        json.WriteString("prompt", sample.Prompt);
        json.WriteString("text", sample.Text);
    });

    /// <inheritdoc/>
    public override void OnCheckpoint(CheckpointSaved checkpoint) => Write("checkpoint", checkpoint.Step, json =>
    {
        json.WriteString("path", checkpoint.Path);
        json.WriteBoolean("best", checkpoint.IsBest);
    });

    /// <inheritdoc/>
    public override void OnFinished(RunFinished finished) => Write("finished", finished.Step, json =>
    {
        json.WriteString("outcome", finished.Outcome == RunOutcome.Completed ? "completed" : "interrupted");
        WriteNumber("train_loss", finished.TrainLoss);
        WriteNumber("val_loss", finished.ValidationLoss);
        WriteNumber("floor", finished.Floor);
        WriteNumber("accepted_share", finished.AcceptedShare);
        WriteSeconds(finished.Elapsed);
    });

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        _json.Dispose();
        _file.Dispose();
    }

    private void Write(string name, long step, Action<Utf8JsonWriter> writeRest)
    {
        _line.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("event", name);
        _json.WriteNumber("step", step);
        writeRest(_json);
        _json.WriteEndObject();
        _json.Flush();
        _line.Write("\n"u8);

        // One write per line, so that a reader of a live run never sees half of one.
        _file.Write(_line.WrittenSpan);
        _file.Flush();
    }

    private void WriteNumber(string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
        {
            _json.WriteNumber(name, number);
        }
        else
        {
            _json.WriteNull(name);
        }
    }

    private static double? Rounded(double? share) => share is { } value ? Math.Round(value, 4) : null;

    private void WriteSeconds(TimeSpan elapsed) => WriteNumber("seconds", Math.Round(elapsed.TotalSeconds, 3));

    // Steps never go back within a file, so everything before the first line that is later, or is no event, stays.
    private static long LengthThrough(long step, Stream file)
    {
        long length = 0;
        using StreamReader reader = new(file, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            long end = length + Encoding.UTF8.GetByteCount(line) + 1;
            if (end > file.Length || StepOf(line) is not { } found || found > step)
            {
                break;
            }

            length = end;
        }

        return length;
    }

    private static long? StepOf(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("step", out JsonElement step)
                && step.TryGetInt64(out long value)
                ? value
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
