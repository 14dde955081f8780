using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;

namespace GptSharp.Interop.HuggingFace;

/// <summary>The folders of Hugging Face's transformers: config.json, safetensors, generation_config.json and tokenizer.json.</summary>
public sealed class HuggingFaceFormat : IModelFormat
{
    private const string TokenizerName = "tokenizer.json";
    private const string TokenizerConfigName = "tokenizer_config.json";

    // In the order in which they count where several are there.
    private static readonly string[] TokenizerFiles = [TokenizerName, "vocab.json", "tokenizer.model"];

    /// <inheritdoc/>
    public string Name => "hf";

    /// <inheritdoc/>
    public IReadOnlyList<WeightType> WeightTypes { get; } = [WeightType.F32, WeightType.BF16, WeightType.F16];

    /// <inheritdoc/>
    public bool IsFolder => true;

    /// <inheritdoc/>
    public bool Recognizes(string path) => File.Exists(Path.Combine(path, ModelFolder.ConfigFile));

    /// <inheritdoc/>
    public ModelPackage Open(string path, Engine engine, Precision precision)
    {
        GptConfig config = ModelFolder.ReadConfig(path);
        GenerationDefaults generation = ReadGeneration(path, config);
        ITokenizer? tokenizer = OpenTokenizer(path, config);
        return new ModelPackage(ModelFolder.Load(path, engine, precision), tokenizer, generation);
    }

    /// <inheritdoc/>
    public void Save(ModelPackage package, string path, ExportOptions options)
    {
        ModelFolder.Save(path, package.Model, GenerationConfigFile.Options(package.Generation) with
        {
            Type = options.Type switch
            {
                WeightType.BF16 => SafetensorsType.BF16,
                WeightType.F16 => SafetensorsType.F16,
                _ => SafetensorsType.F32,
            },
            MaxShardSize = options.MaxShardSize,
        });
        SaveSideFiles(package, path);
    }

    /// <summary>Writes what stands beside the weights: config.json, generation_config.json and the tokenizer's files.</summary>
    /// <param name="package">The model.</param>
    /// <param name="folder">The folder, which is there.</param>
    /// <exception cref="ConfigurationException">The layout has no place for such a model or tokenizer.</exception>
    public static void SaveSideFiles(ModelPackage package, string folder)
    {
        if (!File.Exists(Path.Combine(folder, ModelFolder.ConfigFile)))
        {
            ModelFolder.SaveConfig(folder, package.Model.Config, GenerationConfigFile.Options(package.Generation));
        }

        GenerationConfigFile.Write(folder, package.Generation);
        if (package.Tokenizer is not { } tokenizer)
        {
            return;
        }

        try
        {
            AtomicFile.WriteText(Path.Combine(folder, TokenizerName), TokenizerJson.Write(tokenizer));
            AtomicFile.WriteText(Path.Combine(folder, TokenizerConfigName), TokenizerJson.WriteConfig(tokenizer, package.Model.Config.BlockSize));
        }
        catch (NotSupportedException exception)
        {
            throw new ConfigurationException(exception.Message, "data.tokenizer");
        }
    }

    /// <summary>The special tokens that a folder names.</summary>
    /// <exception cref="RefusedFileException">A file is no valid JSON, or an id is no whole number.</exception>
    public static GenerationDefaults ReadGeneration(string folder, GptConfig config) => GenerationConfigFile.Read(folder, config.VocabularySize);

    /// <summary>The tokenizer of a folder, or null where it has none.</summary>
    /// <exception cref="RefusedFileException">It is damaged or a link, or its vocabulary does not fit the model.</exception>
    public static ITokenizer? OpenTokenizer(string folder, GptConfig config)
    {
        foreach (string name in (string[])[.. TokenizerFiles, "merges.txt"])
        {
            LinkedFile.Refuse(Path.Combine(folder, name));
        }

        string? path = TokenizerFiles.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (path is null)
        {
            return null;
        }

        ITokenizer tokenizer = TokenizerFile.Load(path);
        TokenizerFile.RequireFit(tokenizer, config.VocabularySize, path);
        return tokenizer;
    }
}
