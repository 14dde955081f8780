using System.Runtime.InteropServices;
using GptSharp.Data.Tokens;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>How far the shards of a split have come: enough to go on from.</summary>
/// <param name="Finished">Those that are whole.</param>
/// <param name="Tokens">Tokens of the unfinished one that are safe on the disk.</param>
/// <param name="Documents">Its document starts that are.</param>
internal sealed record ShardProgress(IReadOnlyList<DatasetShard> Finished, long Tokens, long Documents)
{
    public static ShardProgress None { get; } = new([], 0, 0);
}

/// <summary>
/// Writes a split as shards: each a token file with whole documents, closed by the document that fills it. What is unfinished lies
/// in a file of its own, and its document starts in another.
/// </summary>
internal sealed class ShardWriter : IDisposable
{
    // Document starts are kept in memory until their shard is closed.
    private const int MostDocuments = 4 << 20;

    private readonly string _folder;
    private readonly string _split;
    private readonly int _vocabularySize;
    private readonly long _shardTokens;
    private readonly List<DatasetShard> _finished;
    private FileStream? _file;
    private FileStream? _starts;
    private TokenFileWriter? _writer;
    private int _savedStarts;

    /// <summary>Begins a split, or goes on with one.</summary>
    public ShardWriter(string folder, string split, int vocabularySize, long shardTokens, ShardProgress progress)
    {
        (_folder, _split, _vocabularySize, _shardTokens) = (folder, split, vocabularySize, shardTokens);
        _finished = [.. progress.Finished];
        if (progress.Tokens > 0)
        {
            Reopen(progress);
        }
    }

    private string Current => Path.Combine(_folder, DatasetFolder.ShardName(_split, _finished.Count));

    private string CurrentStarts => Current + DatasetFolder.StartsSuffix;

    /// <summary>Begins a document, and with it a shard when the last one is full.</summary>
    /// <exception cref="IOException">The disk is full or refuses; so for the other methods.</exception>
    public void BeginDocument()
    {
        try
        {
            CloseIfFull();
            Writer().BeginDocument();
        }
        catch (IOException exception)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Appends tokens of a text without documents, which may be cut anywhere.</summary>
    public void AppendStream(ReadOnlySpan<int> tokens)
    {
        try
        {
            while (!tokens.IsEmpty)
            {
                CloseIfFull();
                int count = (int)Math.Min(tokens.Length, _shardTokens - Writer().Count);
                Writer().Append(tokens[..count]);
                tokens = tokens[count..];
            }
        }
        catch (IOException exception)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Appends tokens of the current document.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        try
        {
            Writer().Append(tokens);
        }
        catch (IOException exception)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Makes everything so far durable.</summary>
    public ShardProgress Checkpoint()
    {
        try
        {
            return Save();
        }
        catch (IOException exception)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Closes the last shard.</summary>
    /// <returns>All of them.</returns>
    public IReadOnlyList<DatasetShard> Finish()
    {
        try
        {
            Close();
            return _finished;
        }
        catch (IOException exception)
        {
            throw NotWritten(exception);
        }
    }

    /// <summary>Deletes what was kept for going on.</summary>
    public static void Clear(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "*" + DatasetFolder.StartsSuffix))
        {
            File.Delete(path);
        }
    }

    public void Dispose()
    {
        // What a full disk has refused once it refuses again, which is no news.
        Swallow(_file);
        Swallow(_starts);
    }

    private ShardProgress Save()
    {
        if (_writer is null)
        {
            return new ShardProgress([.. _finished], 0, 0);
        }

        _writer.Flush();
        _file!.Flush(flushToDisk: true);
        IReadOnlyList<long> starts = _writer.DocumentStarts;
        for (; _savedStarts < starts.Count; _savedStarts++)
        {
            long start = starts[_savedStarts];
            _starts!.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in start)));
        }

        _starts!.Flush(flushToDisk: true);
        return new ShardProgress([.. _finished], _writer.Count, starts.Count);
    }

    private static void Swallow(FileStream? file)
    {
        try
        {
            file?.Dispose();
        }
        catch (IOException)
        {
            // The failure that led here is the one to report.
        }
    }

    private IOException NotWritten(IOException exception) =>
        new($"{Path.Combine(_folder, DatasetFolder.OnlyShardName(_split))} could not be written: {exception.Message}", exception);

    private TokenFileWriter Writer()
    {
        if (_writer is null)
        {
            _file = Open(Current, FileMode.Create);
            _starts = Open(CurrentStarts, FileMode.Create);
            _savedStarts = 0;
            _writer = new TokenFileWriter(_file, _vocabularySize);
        }

        return _writer;
    }

    private void Reopen(ShardProgress progress)
    {
        _file = Open(Current, FileMode.Open);
        _starts = Open(CurrentStarts, FileMode.Open);
        var starts = new long[progress.Documents];
        _starts.ReadExactly(MemoryMarshal.AsBytes(starts.AsSpan()));
        _savedStarts = starts.Length;
        _writer = new TokenFileWriter(_file, _vocabularySize, progress.Tokens, starts);
    }

    private void CloseIfFull()
    {
        if (_writer is { } writer && (writer.Count >= _shardTokens || writer.DocumentStarts.Count >= MostDocuments))
        {
            Close();
        }
    }

    private void Close()
    {
        if (_writer is not { } writer)
        {
            return;
        }

        // The starts stay: saved progress may be of a time when this shard was unfinished.
        string path = Current;
        writer.Finish();
        _file!.Flush(flushToDisk: true);
        _file.Dispose();
        Swallow(_starts);
        (_writer, _file, _starts) = (null, null, null);
        _finished.Add(new DatasetShard(
            Path.GetFileName(path), writer.Count, writer.DocumentStarts.Count, new FileInfo(path).Length, FileHash.Sha256(path)));
    }

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None, 1 << 16);
}
