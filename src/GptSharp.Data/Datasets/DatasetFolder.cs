using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>The files of a data set, and what may be done to a folder that holds them.</summary>
/// <param name="Path">The folder.</param>
internal sealed record DatasetFolder(string Path)
{
    private static readonly string[] Names = ["dataset.json", "tokenizer.json", "train.tokens", "validation.tokens", "test.tokens"];

    public string Manifest => System.IO.Path.Combine(Path, "dataset.json");

    public string Tokenizer => System.IO.Path.Combine(Path, "tokenizer.json");

    public string Train => System.IO.Path.Combine(Path, "train.tokens");

    public string Validation => System.IO.Path.Combine(Path, "validation.tokens");

    public string Test => System.IO.Path.Combine(Path, "test.tokens");

    /// <summary>Whether something is there that a new data set would destroy.</summary>
    public bool IsTaken => File.Exists(Path) || (Directory.Exists(Path) && Directory.EnumerateFileSystemEntries(Path).Any());

    /// <summary>Makes sure that the folder, if there is one, holds nothing but a data set.</summary>
    /// <exception cref="CorpusException">It does.</exception>
    public void CheckReplaceable()
    {
        string? foreign = File.Exists(Path) ? Path
            : Directory.Exists(Path) ? Directory.EnumerateFileSystemEntries(Path).FirstOrDefault(entry => !IsOurs(entry))
            : null;
        if (foreign is not null)
        {
            throw new CorpusException($"{foreign} is no part of a data set, so {Path} is not replaced; choose another folder or move it away.");
        }
    }

    /// <summary>Deletes the folder, if there is one.</summary>
    /// <exception cref="CorpusException">It holds something else than a data set; nothing was deleted.</exception>
    public void Delete()
    {
        CheckReplaceable();
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static bool IsOurs(string entry)
    {
        string name = System.IO.Path.GetFileName(entry);
        string finished = name.EndsWith(AtomicFile.TemporarySuffix, StringComparison.Ordinal) ? name[..^AtomicFile.TemporarySuffix.Length] : name;
        return Names.Contains(finished) && File.Exists(entry);
    }
}
