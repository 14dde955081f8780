using GptSharp.Files;
using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// A model in the folder layout of Hugging Face's transformers: <c>config.json</c>, whose <c>model_type</c> is gpt2, llama, mistral, qwen2 or qwen3, and
/// <c>model.safetensors</c> or several files with an index. Files with and without the names' prefix (<see cref="ModelLayout.Prefix"/>) are read; it is always written.
/// </summary>
public static class ModelFolder
{
    /// <summary>File name of the configuration within the folder.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>File name of the weights within the folder.</summary>
    public const string WeightsFile = "model.safetensors";

    /// <summary>File name of what says in which file each tensor stands, where weights fill several.</summary>
    public const string IndexFile = WeightsFile + ".index.json";

    /// <summary>Reads a model.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="engine">Where the model shall live.</param>
    /// <param name="precision">How the model's numbers are stored.</param>
    /// <returns>The model, to be disposed.</returns>
    /// <exception cref="RefusedFileException">A file is missing or damaged, or describes a model that cannot be built here.</exception>
    public static Gpt Load(string folder, Engine engine, Precision precision)
    {
        if (!Directory.Exists(folder))
        {
            throw new RefusedFileException(folder, "there is no such folder; a model folder holds config.json and model.safetensors.");
        }

        GptConfig config = ReadConfig(folder);
        using WeightFiles file = WeightFiles.Open(folder);
        Dictionary<string, ModelTensor> places = new TensorMatch(file, config, ModelLayout.Of(config)).Places();
        CheckRotaryTable(folder, config, file);
        Dictionary<string, string> names = places.ToDictionary(place => place.Value.Name, place => place.Key, StringComparer.Ordinal);
        return ModelLayout.Of(config).Build(engine, config, precision, tensor => file.ReadDoubles(names[tensor.Name]));
    }

    /// <summary>Checks that a folder holds a whole model that can be built here, without building it.</summary>
    /// <returns>The model's configuration.</returns>
    /// <exception cref="RefusedFileException">A file is missing or damaged, or describes a model that cannot be built here.</exception>
    public static GptConfig Check(string folder, WeightFiles weights)
    {
        GptConfig config = ReadConfig(folder);
        new TensorMatch(weights, config, ModelLayout.Of(config)).Places();
        CheckRotaryTable(folder, config, weights);
        return config;
    }

    /// <summary>Reads the configuration of a folder's model.</summary>
    /// <exception cref="RefusedFileException">It is missing or damaged, or describes a model that cannot be built here.</exception>
    public static GptConfig ReadConfig(string folder)
    {
        string path = Path.Combine(folder, ConfigFile);
        using var settings = new JsonSettings(path);
        return settings.Text("model_type") switch
        {
            "gpt2" => Gpt2ConfigFile.Read(path, settings),
            null => throw new RefusedFileException(path, "the key model_type is missing."),
            string type when LlamaFamily.All.Any(family => family.ModelType == type) => LlamaConfigFile.Read(path, settings),
            string other => throw new RefusedFileException(
                path, $"model_type is \"{other}\"; only gpt2, {string.Join(", ", LlamaFamily.All.Select(family => family.ModelType))} can be read."),
        };
    }

    /// <summary>Writes a model as one file of float32; each file appears whole or not at all and replaces one of the same name.</summary>
    /// <param name="folder">The folder; created if need be.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="ConfigurationException">No layout has a place for such a model.</exception>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public static void Save(string folder, Gpt model) => Save(folder, model, new ModelFolderOptions());

    /// <summary>Writes a model; each file appears whole or not at all and replaces one of the same name.</summary>
    /// <param name="folder">The folder; created if need be.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">Types, files and special tokens.</param>
    /// <exception cref="ConfigurationException">No layout has a place for such a model, or a number has no place in the type.</exception>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public static void Save(string folder, Gpt model, ModelFolderOptions options)
    {
        ModelLayout layout = ModelLayout.Of(model.Config);
        Directory.CreateDirectory(folder);
        WeightWriter.Save(folder, model, layout, options);
        SaveConfig(folder, model.Config, options);
    }

    /// <summary>Writes <c>config.json</c> alone.</summary>
    /// <exception cref="ConfigurationException">No layout has a place for such a model.</exception>
    public static void SaveConfig(string folder, GptConfig config, ModelFolderOptions options)
    {
        string path = Path.Combine(folder, ConfigFile);
        if (ModelLayout.Of(config) == ModelLayout.Gpt2)
        {
            Gpt2ConfigFile.Write(path, config, options);
        }
        else
        {
            LlamaConfigFile.Write(path, config, options);
        }
    }

    /// <summary>The <c>model_type</c> under which a model is written: gpt2, llama, mistral, qwen2 or qwen3.</summary>
    /// <exception cref="ConfigurationException">No layout has a place for such a model.</exception>
    public static string ModelType(GptConfig config) =>
        ModelLayout.Of(config) == ModelLayout.Gpt2 ? "gpt2" : LlamaFamily.Of(config).ModelType;

    // What a file claims must not take memory that its weights do not: everything is checked against them but the table of rotary angles.
    private static void CheckRotaryTable(string folder, GptConfig config, WeightFiles weights)
    {
        const long harmless = 1L << 30;
        long bytes = config.Positions == PositionEncoding.Rope ? (long)config.BlockSize * config.RopeWidth * sizeof(float) : 0;
        if (bytes > Math.Max(harmless, 4 * weights.Entries.Sum(entry => entry.ByteLength)))
        {
            throw new RefusedFileException(
                Path.Combine(folder, ConfigFile),
                $"max_position_embeddings is {config.BlockSize}, for which the table of rotary angles would take {bytes >> 20} MiB, more than the model; lower it to what is needed.");
        }
    }
}
