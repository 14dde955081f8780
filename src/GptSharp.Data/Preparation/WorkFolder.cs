using GptSharp.Data.Datasets;
using GptSharp.Files;

namespace GptSharp.Data.Preparation;

/// <summary>The folder in which a data set is made, and how far that has come. One process at a time holds it.</summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly Action<PreparationStatus>? _status;
    private readonly bool _isResumed;
    private readonly IReadOnlyList<string> _madeFor;
    private FileStream? _lock;

    private WorkFolder(string path, FileStream held, PreparationProgress progress, bool isResumed, IReadOnlyList<string> madeFor, Action<PreparationStatus>? status)
    {
        (Path, Progress, _lock, _isResumed, _madeFor, _status) = (path, progress, held, isResumed, madeFor, status);
        Scratch = new DatasetScratch(path);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Its files that no data set keeps.</summary>
    public DatasetScratch Scratch { get; }

    /// <summary>How far the work has come.</summary>
    public PreparationProgress Progress { get; private set; }

    /// <summary>Takes the folder: with what an earlier attempt left if that is of use, else empty.</summary>
    /// <exception cref="CorpusException">Another process holds it, or it holds something foreign.</exception>
    public static WorkFolder Open(string path, string fingerprint, Action<PreparationStatus>? status)
    {
        var folder = new DatasetFolder(path);
        var scratch = new DatasetScratch(path);
        folder.CheckReplaceable();
        IReadOnlyList<string> madeFor = MissingParents(path);
        Directory.CreateDirectory(path);
        FileStream held;
        try
        {
            held = new FileStream(scratch.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (PathTooLongException or DirectoryNotFoundException) && File.Exists(scratch.Lock))
        {
            throw new CorpusException($"{path} is being worked on by another process; wait for it, or choose another folder.", exception);
        }

        PreparationProgress? found = PreparationProgress.TryLoad(scratch.Progress, fingerprint);
        if (found is not null && IsSound(found, folder, scratch))
        {
            return new WorkFolder(path, held, found, isResumed: true, madeFor, status);
        }

        foreach (string entry in Directory.EnumerateFiles(path).Where(entry => entry != scratch.Lock))
        {
            File.Delete(entry);
        }

        return new WorkFolder(path, held, new PreparationProgress { Fingerprint = fingerprint }, isResumed: false, madeFor, status);
    }

    /// <summary>Saves how far the work has come.</summary>
    public void Save(PreparationProgress progress, string stage, long sections)
    {
        Progress = progress;
        progress.Save(Scratch.Progress);
        _status?.Invoke(new PreparationStatus(stage, sections, _isResumed));
    }

    /// <summary>Puts the finished data set in its place.</summary>
    public void Publish(DatasetFolder target)
    {
        Scratch.ClearButProgress();
        Release();
        target.Delete();
        Directory.Move(Path, target.Path);
        File.Delete(new DatasetScratch(target.Path).Progress);
        AtomicFile.FlushFolder(System.IO.Path.GetDirectoryName(target.Path)!);
    }

    /// <summary>Gives up: nothing is left.</summary>
    public void Delete()
    {
        Release();
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }

        foreach (string parent in _madeFor.Where(parent => Directory.Exists(parent) && !Directory.EnumerateFileSystemEntries(parent).Any()))
        {
            Directory.Delete(parent);
        }
    }

    public void Dispose() => _lock?.Dispose();

    // The innermost first.
    private static List<string> MissingParents(string path)
    {
        List<string> missing = [];
        for (string? parent = System.IO.Path.GetDirectoryName(path); parent is not null && !Directory.Exists(parent); parent = System.IO.Path.GetDirectoryName(parent))
        {
            missing.Add(parent);
        }

        return missing;
    }

    private void Release()
    {
        _lock?.Dispose();
        _lock = null;
        File.Delete(Scratch.Lock);
    }

    // What progress speaks of must be there; more may be, which is overwritten.
    private static bool IsSound(PreparationProgress found, DatasetFolder folder, DatasetScratch scratch)
    {
        bool hasShards = found.Write.Shards.Zip(DatasetFolder.Splits).All(split => HasShards(folder.Path, split.Second, split.First));
        if (found.Write.IsDone)
        {
            return hasShards;
        }

        bool hasSurvey = Holds(scratch.Survey, found.Survey.Sections * System.Runtime.CompilerServices.Unsafe.SizeOf<SurveyRecord>());
        bool hasVerdicts = found.Decision is null || Holds(scratch.Verdicts, found.Survey.Sections);
        return hasShards && hasSurvey && hasVerdicts;
    }

    private static bool HasShards(string folder, string split, ShardProgress progress) =>
        progress.Finished.All(shard => Holds(System.IO.Path.Combine(folder, shard.File), shard.Bytes)
            || Holds(System.IO.Path.Combine(folder, DatasetFolder.OnlyShardName(split)), shard.Bytes))
        && (progress.Tokens == 0 || Holds(System.IO.Path.Combine(folder, DatasetFolder.ShardName(split, progress.Finished.Count)), progress.Tokens));

    private static bool Holds(string path, long bytes) => File.Exists(path) && new FileInfo(path).Length >= bytes;
}
