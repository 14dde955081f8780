using GptSharp.Files;
using GptSharp.Training.Checkpoints;
using GptSharp.Training.Configuration;
using GptSharp.Training.Metrics;

namespace GptSharp.Training.Runs;

/// <summary>The folder of a run: <c>config.yaml</c>, <c>metrics.jsonl</c>, <c>log.txt</c>, <c>summary.json</c>, <c>checkpoints/</c> and <c>samples/</c>.</summary>
/// <remarks>One process at a time: the <see cref="RunLock"/> is held from <see cref="Create"/> or <see cref="Open"/> until the folder is disposed.</remarks>
public sealed class RunFolder : IDisposable
{
    /// <summary>Name of the file with the summary.</summary>
    public const string SummaryName = "summary.json";

    /// <summary>Name of the file with the history.</summary>
    public const string MetricsName = "metrics.jsonl";

    /// <summary>Name of the file with the configuration.</summary>
    public const string ConfigName = "config.yaml";

    private const string LogName = "log.txt";
    private const string SamplesName = "samples";

    private readonly IDisposable _lock;

    private RunFolder(string path)
    {
        Path = path;
        Checkpoints = new CheckpointStore(path);
        _lock = RunLock.Take(path);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The checkpoints in it.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>Makes the folder of a new run.</summary>
    /// <exception cref="TrainingException">It exists and holds something, or another process was faster.</exception>
    public static RunFolder Create(string path)
    {
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new TrainingException(
                $"{path} exists already, and a run is never overwritten: go on with it by --resume, or start another by --set train.name=NAME.");
        }

        Directory.CreateDirectory(path);
        return new RunFolder(path);
    }

    /// <summary>Opens the folder of a run that was started before.</summary>
    /// <exception cref="TrainingException">There is none, or another process works on it.</exception>
    public static RunFolder Open(string path) => Directory.Exists(path)
        ? new RunFolder(path)
        : throw new TrainingException($"{path} does not exist, so there is nothing to resume; start the run without --resume.");

    /// <summary>Writes down what the run was told to do.</summary>
    public void Save(RunConfig config) => AtomicFile.WriteText(In(ConfigName), RunConfigWriter.ToYaml(config));

    /// <summary>Writes down what became of it.</summary>
    public void Save(RunSummary summary) => AtomicFile.WriteText(In(SummaryName), summary.ToJson());

    /// <summary>Opens the history at the end of a step; what it says of later ones is forgotten.</summary>
    public MetricsFile OpenMetrics(long step) => MetricsFile.Resume(In(MetricsName), step);

    /// <summary>Opens the log at its end.</summary>
    public LogFile OpenLog() => new(In(LogName), TimeProvider.System);

    /// <summary>Who keeps the samples.</summary>
    internal SampleFolder Samples() => new(In(SamplesName));

    /// <summary>Lets other processes work on the run.</summary>
    public void Dispose() => _lock.Dispose();

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
