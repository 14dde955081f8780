namespace GptSharp.Data.Preparation;

/// <summary>Files that are needed while a data set is made, in the folder that becomes it.</summary>
/// <param name="folder">The folder.</param>
internal sealed class DatasetScratch(string folder)
{
    /// <summary>Ending of the runs of a sort.</summary>
    public const string RunSuffix = ".run";

    private static readonly string[] Names = ["progress.json", "survey.records", "signatures.records", "verdicts.records", "lock"];

    /// <summary>How far the work has come.</summary>
    public string Progress => Path.Combine(folder, Names[0]);

    /// <summary>A <see cref="SurveyRecord"/> for each section.</summary>
    public string Survey => Path.Combine(folder, Names[1]);

    /// <summary>Signatures of documents.</summary>
    public string Signatures => Path.Combine(folder, Names[2]);

    /// <summary>What becomes of each section, a byte for each.</summary>
    public string Verdicts => Path.Combine(folder, Names[3]);

    /// <summary>Held by the process that does the work.</summary>
    public string Lock => Path.Combine(folder, Names[4]);

    /// <summary>Beginning of the names of a sort's runs.</summary>
    public string Sort(string purpose) => Path.Combine(folder, "sort-" + purpose);

    /// <summary>Whether a name is one of these.</summary>
    public static bool IsOurs(string name) =>
        Names.Contains(name) || (name.StartsWith("sort-", StringComparison.Ordinal) && name.EndsWith(RunSuffix, StringComparison.Ordinal));

    /// <summary>Deletes all of them but the progress, which stays until the data set is in its place.</summary>
    public void ClearButProgress()
    {
        foreach (string path in Directory.EnumerateFiles(folder).Where(path => path != Progress && path != Lock && IsOurs(Path.GetFileName(path))))
        {
            File.Delete(path);
        }
    }
}
