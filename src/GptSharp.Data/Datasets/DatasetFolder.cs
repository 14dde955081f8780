using System.Globalization;
using System.Text.RegularExpressions;
using GptSharp.Data.Preparation;
using GptSharp.Files;

namespace GptSharp.Data.Datasets;

/// <summary>The files of a data set, and what may be done to a folder that holds them.</summary>
/// <param name="Path">The folder.</param>
internal sealed partial record DatasetFolder(string Path)
{
    /// <summary>Ending of the file beside an unfinished shard.</summary>
    public const string StartsSuffix = ".starts";

    /// <summary>The splits, in the order of their numbers.</summary>
    public static readonly IReadOnlyList<string> Splits = ["train", "validation", "test"];

    public string Manifest => System.IO.Path.Combine(Path, "dataset.json");

    public string Tokenizer => System.IO.Path.Combine(Path, "tokenizer.json");

    public string Report => System.IO.Path.Combine(Path, "report.json");

    /// <summary>Whether something is there that a new data set would destroy.</summary>
    public bool IsTaken => File.Exists(Path) || (Directory.Exists(Path) && Directory.EnumerateFileSystemEntries(Path).Any());

    /// <summary>Name of a shard while there may be others.</summary>
    public static string ShardName(string split, int shard) => string.Create(CultureInfo.InvariantCulture, $"{split}-{shard:D5}.tokens");

    /// <summary>Name of the shard of a split that has only one.</summary>
    public static string OnlyShardName(string split) => $"{split}.tokens";

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
        return File.Exists(entry) && (OwnName().IsMatch(finished) || DatasetScratch.IsOurs(finished));
    }

    [GeneratedRegex(@"^(dataset\.json|tokenizer\.json|report\.json|(train|validation|test)(-\d{5})?\.tokens(\.starts)?)$")]
    private static partial Regex OwnName();
}
