using System.Security.Cryptography;
using GptSharp.Data.Downloads;

namespace GptSharp.Data.Corpora;

/// <summary>Text to learn from: one file, or the text files of a folder and of the folders within it.</summary>
public sealed class TextCorpus
{
    private TextCorpus(string path, bool isFolder, IReadOnlyList<TextDocument> documents)
    {
        Path = path;
        IsFolder = isFolder;
        Documents = documents;
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>Whether each file is a document of its own; a single file is one long text.</summary>
    public bool IsFolder { get; }

    /// <summary>The files, in the ordinal order of their paths within the folder; those without any content are left out.</summary>
    public IReadOnlyList<TextDocument> Documents { get; }

    /// <summary>Finds the files. Their text is checked when it is read.</summary>
    /// <param name="path">A file of any name, or a folder, of which all <c>.txt</c> and <c>.md</c> files are taken.</param>
    /// <exception cref="CorpusException">It is missing or empty.</exception>
    public static TextCorpus Open(string path)
    {
        if (File.Exists(path))
        {
            return new FileInfo(path).Length > 0
                ? new TextCorpus(path, isFolder: false, [new TextDocument(path)])
                : throw new CorpusException($"{path} is empty; there is nothing to learn from.");
        }

        if (!Directory.Exists(path))
        {
            string advice = KnownDataset.Find(path) is { } known
                ? $"'gptsharp data get {known.Name}' downloads and prepares the data set of that name."
                : "give a text file, or a folder of .txt and .md files.";
            throw new CorpusException($"There is no file or folder {path}; {advice}");
        }

        string[] files = [.. Directory
            .EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false })
            .Where(IsText)
            .OrderBy(file => System.IO.Path.GetRelativePath(path, file).Replace('\\', '/'), StringComparer.Ordinal)];
        if (files.Length == 0)
        {
            throw new CorpusException($"The folder {path} holds no .txt or .md file.");
        }

        TextDocument[] documents = [.. files.Where(file => new FileInfo(file).Length > 0).Select(file => new TextDocument(file))];
        return documents.Length > 0
            ? new TextCorpus(path, isFolder: true, documents)
            : throw new CorpusException($"All text files in {path} are empty; there is nothing to learn from.");
    }

    /// <summary>SHA-256 of the files' bytes, one file after the other, as 64 lower-case hexadecimal digits: <c>cat FILES | sha256sum</c>.</summary>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        foreach (TextDocument document in Documents)
        {
            using FileStream stream = File.OpenRead(document.Path);
            for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
            {
                hash.AppendData(buffer.AsSpan(0, read));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool IsText(string file) =>
        System.IO.Path.GetExtension(file) is { } ending
        && (ending.Equals(".txt", StringComparison.OrdinalIgnoreCase) || ending.Equals(".md", StringComparison.OrdinalIgnoreCase));
}
