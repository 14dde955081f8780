using System.Globalization;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using GptSharp.Data.Downloads;

namespace GptSharp.Data.Corpora;

/// <summary>
/// Text to learn from: files, and folders with the files within them, of any number and length. Nothing is held in memory but the names
/// of one folder at a time.
/// </summary>
public sealed class TextCorpus
{
    private readonly IReadOnlyList<string> _sources;

    private TextCorpus(IReadOnlyList<string> sources, string? delimiter)
    {
        _sources = sources;
        Delimiter = delimiter;
        foreach (CorpusFile file in Files)
        {
            FileCount++;
            Bytes += file.Bytes;
        }
    }

    /// <summary>The files and folders as they were named, between commas.</summary>
    public string Path => string.Join(", ", _sources);

    /// <summary>What stands between two documents in a text file; null where a text file is one document.</summary>
    public string? Delimiter { get; }

    /// <summary>Files that have any content.</summary>
    public long FileCount { get; }

    /// <summary>Bytes of all files, as they lie on the disk.</summary>
    public long Bytes { get; }

    /// <summary>Whether the corpus is one long text rather than documents: a single text file without a delimiter.</summary>
    public bool IsSingleText => _sources is [string only] && File.Exists(only) && Delimiter is null && CorpusFile.Named(only).Format == CorpusFormat.Text;

    /// <summary>
    /// The files: of each source in turn, a folder's in the ordinal order of their paths within it; those without any content are left
    /// out. The order depends on nothing but names.
    /// </summary>
    public IEnumerable<CorpusFile> Files => _sources.SelectMany(Within).Where(file => file.Bytes > 0);

    /// <summary>Finds the files. Their text is checked when it is read.</summary>
    /// <param name="sources">
    /// Files of any name, which are text unless they end in <c>.jsonl</c> or <c>.ndjson</c>, and folders, of which all <c>.txt</c>,
    /// <c>.text</c>, <c>.md</c>, <c>.jsonl</c> and <c>.ndjson</c> files are taken; a further <c>.gz</c> means gzip.
    /// </param>
    /// <exception cref="CorpusException">One is missing, empty or of a format that cannot be read.</exception>
    public static TextCorpus Open(params IReadOnlyList<string> sources) => Open(sources, delimiter: null);

    /// <summary>Finds the files, as the other overload does.</summary>
    /// <param name="sources">Files and folders.</param>
    /// <param name="delimiter">What stands between two documents in a text file; null where a text file is one document.</param>
    /// <exception cref="CorpusException">One is missing, empty or of a format that cannot be read.</exception>
    public static TextCorpus Open(IReadOnlyList<string> sources, string? delimiter)
    {
        if (delimiter is { Length: 0 })
        {
            throw new CorpusException("The text between documents is empty; name a text such as <|endoftext|>.");
        }

        foreach (string source in sources)
        {
            Check(source);
        }

        return new TextCorpus(sources, delimiter);
    }

    /// <summary>SHA-256 of the files' bytes, one file after the other, as 64 lower-case hexadecimal digits: <c>cat FILES | sha256sum</c>.</summary>
    /// <param name="cancellation">Looked at now and then.</param>
    public string Sha256(CancellationToken cancellation = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        foreach (CorpusFile file in Files)
        {
            using FileStream stream = File.OpenRead(file.Path);
            for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
            {
                cancellation.ThrowIfCancellationRequested();
                hash.AppendData(buffer.AsSpan(0, read));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Changes when a file is added, removed, renamed, or written to: of the names, lengths and times of all files.</summary>
    internal string Fingerprint()
    {
        var hash = new XxHash128();
        foreach (CorpusFile file in Files)
        {
            string entry = string.Create(CultureInfo.InvariantCulture, $"{file.Path}\0{file.Bytes}\0{File.GetLastWriteTimeUtc(file.Path).Ticks}\n");
            hash.Append(Encoding.UTF8.GetBytes(entry));
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static void Check(string source)
    {
        if (File.Exists(source))
        {
            if (CorpusFile.Named(source).Bytes == 0)
            {
                throw new CorpusException($"{source} is empty; there is nothing to learn from.");
            }

            return;
        }

        if (!Directory.Exists(source))
        {
            string advice = KnownDataset.Find(source) is { } known
                ? $"'gptsharp data get {known.Name}' downloads and prepares the data set of that name."
                : "give a text file, or a folder of .txt and .md files.";
            throw new CorpusException($"There is no file or folder {source}; {advice}");
        }

        IEnumerable<CorpusFile> files = Within(source);
        if (!files.Any())
        {
            throw new CorpusException($"The folder {source} holds no .txt, .md or .jsonl file.");
        }

        if (files.All(file => file.Bytes == 0))
        {
            throw new CorpusException($"All text files in {source} are empty; there is nothing to learn from.");
        }
    }

    private static IEnumerable<CorpusFile> Within(string source) => File.Exists(source) ? [CorpusFile.Named(source)] : Walk(source);

    // A folder sorts as if its name ended in a slash, which makes the order that of whole paths. Links to folders are not followed: they
    // may lead in circles.
    private static IEnumerable<CorpusFile> Walk(string folder)
    {
        (string Key, FileSystemInfo Entry)[] entries =
        [
            .. new DirectoryInfo(folder).EnumerateFileSystemInfos()
                .Select(entry => (Key: entry is DirectoryInfo ? entry.Name + "/" : entry.Name, Entry: entry))
                .OrderBy(entry => entry.Key, StringComparer.Ordinal),
        ];
        foreach ((_, FileSystemInfo entry) in entries)
        {
            string path = System.IO.Path.Combine(folder, entry.Name);
            if (entry is DirectoryInfo)
            {
                if (entry.LinkTarget is null)
                {
                    foreach (CorpusFile file in Walk(path))
                    {
                        yield return file;
                    }
                }
            }
            else if (CorpusFile.InFolder(path, (FileInfo)entry) is { } file)
            {
                yield return file;
            }
        }
    }
}
