using GptSharp.Data;
using GptSharp.Data.Corpora;
using GptSharp.Data.Datasets;
using GptSharp.Data.Tokenizers;
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
        if (section.Mixture.Items.Count > 0)
        {
            return MixedSources.Open(section);
        }

        string path = section.Path ?? Path.Combine("data", section.Name);
        if (!Dataset.IsIn(path) && DatasetImport.IsForeign(path))
        {
            throw new CorpusException($"{path} holds token files of another program; make a data set of them with: gptsharp data import {path} --tokenizer PATH --out data/{section.Name}");
        }

        bool isText = section.Path is not null && (File.Exists(path) || (Directory.Exists(path) && !Dataset.IsIn(path)));
        return isText ? Prepare(path, section) : OpenFolder(path, section);
    }

    /// <summary>Makes sure that a data set was prepared with the tokenizer that a configuration names.</summary>
    /// <exception cref="ConfigurationException">It was not.</exception>
    internal static void RequireTokenizer(DataSection section, Dataset dataset)
    {
        string made = dataset.Manifest.Tokenizer;
        if (section.Tokenizer == made)
        {
            return;
        }

        if (!File.Exists(section.Tokenizer) && !Directory.Exists(section.Tokenizer))
        {
            Require("data.tokenizer", section.Tokenizer, made, dataset.Folder);
        }
        else if (TokenizerFile.ToJson(TokenizerFile.Load(section.Tokenizer)) != TokenizerFile.ToJson(dataset.Tokenizer))
        {
            throw new ConfigurationException(
                $"data.tokenizer is {section.Tokenizer}, but {dataset.Folder} was prepared with another tokenizer ({made}, {dataset.Tokenizer.VocabularySize} tokens); set data.tokenizer: {made} to take that, or prepare the data set again.",
                "data.tokenizer");
        }
    }

    private static ITokenizer? TokenizerNamed(string name) => name switch
    {
        "char" => null,
        "byte" => new ByteTokenizer(),
        _ when File.Exists(name) || Directory.Exists(name) => TokenizerFile.Load(name),
        _ => throw new ConfigurationException(
            $"data.tokenizer is {name}, which is neither char nor byte nor the path of a tokenizer; a text that is prepared on the spot needs one of these.",
            "data.tokenizer"),
    };

    private static TrainingData OpenFolder(string folder, DataSection section)
    {
        Dataset dataset = Dataset.Open(folder, section.Name);
        try
        {
            DatasetManifest made = dataset.Manifest;
            RequireTokenizer(section, dataset);
            if (made.Split != SplitKind.Given)
            {
                Require("data.validation_share", section.ValidationShare ?? made.ValidationShare, made.ValidationShare, folder);
                Require("data.test_share", section.TestShare ?? made.TestShare, made.TestShare, folder);
            }

            string size = made.Characters > 0 ? FormattableString.Invariant($"{made.Characters:N0} characters") : FormattableString.Invariant($"{made.TrainTokens:N0} tokens");
            string name = section.Path is { } path && section.Name == DataSection.BuiltInCorpus ? path : section.Name;
            return Describe($"{name} ({size})", dataset, dataset);
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
                Tokenizer = TokenizerNamed(section.Tokenizer),
                ValidationShare = section.EffectiveValidationShare,
                TestShare = section.EffectiveTestShare,
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
        description, dataset.Manifest.SourceSha256, dataset.Tokenizer, dataset.Train, dataset.Validation, dataset.Test, grammar: null, owned,
        dataset.Manifest.SeparatorToken);

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
