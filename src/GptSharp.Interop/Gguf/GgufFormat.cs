using GptSharp.Data.Tokenizers;
using GptSharp.Files.Gguf;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop.Gguf;

/// <summary>GGUF, the files of llama.cpp, with the architectures gpt2, llama (mistral too), qwen2 and qwen3.</summary>
public sealed class GgufFormat : IModelFormat
{
    /// <inheritdoc/>
    public string Name => "gguf";

    /// <inheritdoc/>
    public IReadOnlyList<WeightType> WeightTypes { get; } =
        [WeightType.F32, WeightType.F16, WeightType.BF16, WeightType.Q8_0, WeightType.Q4_0];

    /// <inheritdoc/>
    public bool IsFolder => false;

    /// <inheritdoc/>
    public bool Recognizes(string path) => File.Exists(path) && path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public ModelPackage Open(string path, Engine engine, Precision precision)
    {
        using GgufFile file = GgufFile.Open(path);
        var metadata = new GgufMetadata(file);
        GgufArchitecture architecture = GgufHyperparameters.ReadArchitecture(metadata);
        GptConfig config = GgufHyperparameters.Read(file, metadata, architecture);
        string? tokenizer = GgufVocabularyReader.ReadJson(metadata, config.VocabularySize);
        GenerationDefaults generation = GgufVocabularyReader.ReadGeneration(metadata, config.VocabularySize);
        return new ModelPackage(
            GgufModelReader.Read(file, architecture, config, engine, precision),
            tokenizer is null ? null : TokenizerFile.FromJson(tokenizer, path),
            generation);
    }

    /// <inheritdoc/>
    public void Save(ModelPackage package, string path, ExportOptions options)
    {
        GptConfig config = package.Model.Config;
        GgufArchitecture architecture = GgufArchitecture.Of(config);
        GgufTensorType type = Enum.Parse<GgufTensorType>(options.Type.ToString());
        var writer = new GgufWriter();
        GgufModelWriter.WriteKeys(writer, Path.GetFileNameWithoutExtension(path), architecture, config, type);
        WriteVocabulary(writer, package);
        GgufModelWriter.WriteTensors(writer, architecture, package.Model, type);
        writer.Save(path);
    }

    private static void WriteVocabulary(GgufWriter writer, ModelPackage package)
    {
        if (package.Tokenizer is not { } tokenizer)
        {
            writer.Add(GgufVocabulary.ModelKey, GgufValue.Of(GgufVocabulary.None));
            return;
        }

        string json;
        try
        {
            json = TokenizerJson.Write(tokenizer);
        }
        catch (NotSupportedException exception)
        {
            throw new ConfigurationException(exception.Message);
        }

        GgufVocabularyWriter.Of(json, package.Model.Config.VocabularySize, package.Generation).Write(writer);
    }
}
