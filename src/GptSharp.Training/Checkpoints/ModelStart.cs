using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Interop;
using GptSharp.Nn;
using GptSharp.Tensors.Memory;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;

namespace GptSharp.Training.Checkpoints;

/// <summary>Where a run's first weights come from when it goes on from a model that exists (<c>train.init</c>): fine-tuning.</summary>
public static class ModelStart
{
    private const string Key = "train.init";

    /// <summary>The <c>model:</c> section of a model that exists, which the keys of a configuration then refine.</summary>
    /// <param name="path">A folder in Hugging Face layout, a run's folder or a checkpoint's.</param>
    /// <exception cref="RefusedFileException">There is none, or none that can be built here.</exception>
    public static ModelSection SectionOf(string path)
    {
        return Directory.Exists(path)
            ? new ModelSection().From(ModelSource.ReadConfig(path))
            : throw new RefusedFileException(path, File.Exists(path)
                ? $"{Key} takes a folder; 'gptsharp import {path} --out DIR' makes one of a GGUF file."
                : $"there is no such folder; {Key} takes that of a model in Hugging Face layout, or of a run.");
    }

    /// <summary>Puts the weights of a model that exists into one that is about to be trained.</summary>
    /// <param name="path">As for <see cref="SectionOf"/>.</param>
    /// <param name="model">The model; its block may be shorter than the other's, and what is no part of the weights may differ.</param>
    /// <param name="data">The data, whose tokens must mean the same to the other model.</param>
    /// <param name="device">What the model is on.</param>
    /// <param name="notice">Told of damaged checkpoints that were passed over.</param>
    /// <exception cref="ConfigurationException">The shapes or the tokenizers differ.</exception>
    /// <exception cref="RefusedFileException">The other model is damaged, or cannot be built here.</exception>
    public static void Load(string path, Gpt model, TrainingData data, Device device, Action<string> notice)
    {
        using ModelPackage package = ModelSource.Open(path, device, notice);
        RequireShape(path, package.Model.Config, model.Config);
        RequireTokenizer(path, package.Tokenizer, data);
        Dictionary<string, Parameter> theirs = package.Model.Arena.Parameters.ToDictionary(parameter => parameter.Name, StringComparer.Ordinal);
        foreach (Parameter parameter in model.Arena.Parameters)
        {
            // The table of positions may be longer there; its first rows are ours.
            double[] values = package.Model.Arena.PreciseValues![theirs[parameter.Name]].ToDoubles();
            model.Arena.PreciseValues![parameter].UploadDoubles(values.AsSpan(0, checked((int)parameter.Value.Count)));
        }

        model.Arena.RoundMasterWeights();
    }

    private static void RequireShape(string path, GptConfig theirs, GptConfig ours)
    {
        // Everything but what the weights do not depend on.
        GptConfig comparable = ours with
        {
            BlockSize = Math.Max(ours.BlockSize, theirs.BlockSize),
            Dropout = theirs.Dropout,
            ZLoss = theirs.ZLoss,
            DocumentToken = theirs.DocumentToken,
        };
        if (comparable != theirs)
        {
            throw new ConfigurationException(
                $"{Key} ({path}) has another shape than the keys of model: say ({Difference(theirs, comparable)}); leave those keys out, or take another model.", Key);
        }
    }

    private static string Difference(GptConfig theirs, GptConfig ours)
    {
        ModelSection Section(GptConfig config) => new ModelSection().From(config);
        return string.Join(", ", ModelSettings.All
            .Select(setting => (setting.Key, There: setting.Format(new RunConfig { Model = Section(theirs) }), Here: setting.Format(new RunConfig { Model = Section(ours) })))
            .Where(item => item.There != item.Here)
            .Select(item => $"{item.Key} is {item.There} there and {item.Here} here"));
    }

    /// <summary>Refuses data whose tokens mean something else to a model.</summary>
    /// <param name="path">Where the model comes from, for the message.</param>
    /// <param name="theirs">Its tokenizer; null where it has none, and nothing can be compared.</param>
    /// <param name="data">The data.</param>
    /// <exception cref="ConfigurationException">The tokenizers differ.</exception>
    public static void RequireTokenizer(string path, ITokenizer? theirs, TrainingData data)
    {
        if (theirs is not null && !IsSame(theirs, data.Tokenizer))
        {
            throw new ConfigurationException(
                $"the tokenizer of {data.Description} ({data.Tokenizer.Kind}, {data.Tokenizer.VocabularySize} tokens) is not that of {path} ({theirs.Kind}, "
                + $"{theirs.VocabularySize} tokens); prepare the data with the model's: gptsharp data prepare TEXT --tokenizer {path} --out DIR.",
                "data.tokenizer");
        }
    }

    // One of characters or bytes counts as the byte-level tokenizer that other programs know it as.
    private static bool IsSame(ITokenizer theirs, ITokenizer ours)
    {
        try
        {
            return TokenizerFile.ToJson(theirs) == TokenizerFile.ToJson(ours)
                || TokenizerFile.ToJson(TokenizerJson.Convert(theirs)) == TokenizerFile.ToJson(TokenizerJson.Convert(ours));
        }
        catch (NotSupportedException)
        {
            return false;
        }
    }
}
