using GptSharp.Data;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Nn;
using GptSharp.Training.Configuration;

namespace GptSharp.Training.Input;

/// <summary>Text that somebody wrote: a folder made by <c>gptsharp data</c>, or a text that is prepared on the spot.</summary>
internal static class PreparedData
{
    /// <summary>Opens what a configuration names.</summary>
    /// <exception cref="CorpusException">It is not there; the sentence says how to get it.</exception>
    /// <exception cref="ConfigurationException">It was prepared in another way than the configuration says.</exception>
    public static TrainingData Open(DataSection section)
    {
        string path = section.Path ?? Path.Combine("data", section.Name);
        bool isText = section.Path is not null && (File.Exists(path) || (Directory.Exists(path) && !Dataset.IsIn(path)));
        return isText ? Prepare(path, section) : OpenFolder(path, section);
    }

    private static TrainingData OpenFolder(string folder, DataSection section)
    {
        Dataset dataset = Dataset.Open(folder, section.Name);
        try
        {
            DatasetManifest made = dataset.Manifest;
            Require("data.tokenizer", section.Tokenizer, made.Tokenizer, folder);
            Require("data.validation_share", section.ValidationShare, made.ValidationShare, folder);
            Require("data.test_share", section.TestShare, made.TestShare, folder);
            return Describe($"{section.Name} ({FormattableString.Invariant($"{made.Characters:N0}")} characters)", dataset, dataset);
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    private static TrainingData Prepare(string path, DataSection section)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("gptsharp-data-");
        try
        {
            DatasetBuilder.Build(TextCorpus.Open(path), folder.FullName, new DatasetOptions
            {
                Tokenizer = section.Tokenizer,
                ValidationShare = section.ValidationShare,
                TestShare = section.TestShare,
            });
            Dataset dataset = Dataset.Open(folder.FullName);
            return Describe($"{path} ({FormattableString.Invariant($"{dataset.Manifest.Characters:N0}")} characters)", dataset, new Temporary(dataset, folder));
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    private static TrainingData Describe(string description, Dataset dataset, IDisposable owned) => new(
        description, dataset.Manifest.SourceSha256, dataset.Tokenizer, dataset.Train, dataset.Validation, dataset.Test, grammar: null, owned);

    private static void Require<T>(string key, T wanted, T made, string folder)
        where T : notnull
    {
        if (!wanted.Equals(made))
        {
            throw new ConfigurationException(
                FormattableString.Invariant($"{key} is {wanted}, but {folder} was prepared with {made}; set it so, or prepare the data set again."),
                key);
        }
    }

    /// <summary>A data set that lives as long as the run.</summary>
    private sealed class Temporary(Dataset dataset, DirectoryInfo folder) : IDisposable
    {
        public void Dispose()
        {
            dataset.Dispose();
            folder.Delete(recursive: true);
        }
    }
}
