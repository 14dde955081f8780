using System.Runtime.InteropServices;
using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// A model in the folder layout of Hugging Face's transformers: <c>config.json</c>, whose <c>model_type</c> is gpt2 or llama, and
/// <c>model.safetensors</c>. Files with and without the names' prefix (<see cref="ModelLayout.Prefix"/>) are read; it is always written.
/// </summary>
public static class ModelFolder
{
    /// <summary>File name of the configuration within the folder.</summary>
    public const string ConfigFile = "config.json";

    /// <summary>File name of the weights within the folder.</summary>
    public const string WeightsFile = "model.safetensors";

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
        using SafetensorsFile file = OpenWeights(folder);
        Dictionary<string, ModelTensor> places = new TensorMatch(file, config, ModelLayout.Of(config)).Places();
        Dictionary<string, string> names = places.ToDictionary(place => place.Value.Name, place => place.Key, StringComparer.Ordinal);
        return ModelLayout.Of(config).Build(engine, config, precision, tensor => file.ReadDoubles(names[tensor.Name]));
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
            "llama" => LlamaConfigFile.Read(path, settings),
            null => throw new RefusedFileException(path, "the key model_type is missing."),
            string other => throw new RefusedFileException(path, $"model_type is \"{other}\"; only \"gpt2\" and \"llama\" can be read."),
        };
    }

    /// <summary>Writes a model as float32; each file appears whole or not at all and replaces one of the same name.</summary>
    /// <param name="folder">The folder; created if need be.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="ConfigurationException">Neither layout has a place for such a model.</exception>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public static void Save(string folder, Gpt model)
    {
        ModelLayout layout = ModelLayout.Of(model.Config);
        Directory.CreateDirectory(folder);
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };     // transformers refuses a file without it
        foreach (ModelTensor tensor in layout.Tensors(model.Config).OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            writer.Add(tensor.Name, SafetensorsType.F32, tensor.Shape, stream =>
            {
                double[] values = ModelLayout.Read(model, model.Arena.PreciseValues!, tensor);
                stream.Write(MemoryMarshal.AsBytes<float>(Array.ConvertAll(values, value => (float)value)));
            });
        }

        writer.Save(Path.Combine(folder, WeightsFile));
        string config = Path.Combine(folder, ConfigFile);
        if (layout == ModelLayout.Gpt2)
        {
            Gpt2ConfigFile.Write(config, model.Config);
        }
        else
        {
            LlamaConfigFile.Write(config, model.Config);
        }
    }

    private static SafetensorsFile OpenWeights(string folder)
    {
        string path = Path.Combine(folder, WeightsFile);
        if (File.Exists(path))
        {
            return SafetensorsFile.Open(path);
        }

        throw new RefusedFileException(path, File.Exists(path + ".index.json")
            ? "it is missing; weights in several files (model.safetensors.index.json) are not supported, so save the model as one file."
            : "it is missing; a model folder needs config.json and model.safetensors.");
    }
}
