namespace GptSharp.Data.Corpora;

/// <summary>One file of a corpus.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Format">What is in it.</param>
/// <param name="IsCompressed">Whether it is packed with gzip.</param>
/// <param name="Bytes">Its length on the disk.</param>
public sealed record CorpusFile(string Path, CorpusFormat Format, bool IsCompressed, long Bytes)
{
    private static readonly string[] TextEndings = [".txt", ".md", ".text"];
    private static readonly string[] JsonLinesEndings = [".jsonl", ".ndjson"];

    // What people have instead, and how it becomes what can be read.
    private static readonly (string Ending, string Remedy)[] Foreign =
    [
        (".zst", "unpack it with 'zstd -d'"),
        (".xz", "unpack it with 'xz -d'"),
        (".bz2", "unpack it with 'bunzip2'"),
        (".zip", "unpack it with 'unzip'"),
        (".tar", "unpack it with 'tar -x'"),
        (".tgz", "unpack it with 'tar -xz'"),
        (".parquet", "write its text column as JSON lines"),
        (".arrow", "write its text column as JSON lines"),
        (".pkl", "a pickle can run any program when it is opened; write the text to a .txt or .jsonl file where you trust it"),
    ];

    /// <summary>A file that a folder holds, or null if it is no text by its name.</summary>
    internal static CorpusFile? InFolder(string path, FileInfo file)
    {
        (CorpusFormat? format, bool compressed) = FormatOf(file.Name);
        return format is { } known ? new CorpusFile(path, known, compressed, file.Length) : null;
    }

    /// <summary>A file that was named by itself: text unless its name says otherwise.</summary>
    /// <exception cref="CorpusException">Its name is that of a format that cannot be read.</exception>
    internal static CorpusFile Named(string path)
    {
        (string ending, string? remedy) = Foreign.FirstOrDefault(foreign => path.EndsWith(foreign.Ending, StringComparison.OrdinalIgnoreCase));
        if (remedy is not null)
        {
            throw new CorpusException($"{path} cannot be read: {ending} is neither text, JSON lines nor gzip of them; {remedy}.");
        }

        (CorpusFormat? format, bool compressed) = FormatOf(path);
        return new CorpusFile(path, format ?? CorpusFormat.Text, compressed, new FileInfo(path).Length);
    }

    /// <summary>Opens the file at its beginning; what is compressed is unpacked while it is read.</summary>
    internal Stream Open()
    {
        var file = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return IsCompressed ? new GzipText(Path, file) : file;
    }

    private static (CorpusFormat? Format, bool IsCompressed) FormatOf(string name)
    {
        bool compressed = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        string ending = System.IO.Path.GetExtension(compressed ? name[..^3] : name);
        return TextEndings.Contains(ending, StringComparer.OrdinalIgnoreCase) ? (CorpusFormat.Text, compressed)
            : JsonLinesEndings.Contains(ending, StringComparer.OrdinalIgnoreCase) ? (CorpusFormat.JsonLines, compressed)
            : (null, compressed);
    }
}
