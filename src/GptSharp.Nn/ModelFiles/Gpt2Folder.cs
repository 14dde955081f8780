using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using GptSharp.Files;
using GptSharp.Files.Safetensors;
using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// A GPT-2 in the folder layout of Hugging Face's transformers: <c>config.json</c> and <c>model.safetensors</c>. Files with and
/// without the names' prefix <c>transformer.</c> are read; it is always written.
/// </summary>
public static partial class Gpt2Folder
{
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

        GptConfig config = Gpt2ConfigFile.Read(Path.Combine(folder, Gpt2ConfigFile.FileName));
        using SafetensorsFile file = OpenWeights(folder);
        Dictionary<string, Gpt2Tensor> places = Match(file, config);
        var model = new Gpt(engine, config, precision);
        try
        {
            foreach ((string name, Gpt2Tensor tensor) in places)
            {
                Gpt2Layout.Write(model, model.Arena.Values!, tensor, file.ReadDoubles(name));
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Writes a model as float32; each file appears whole or not at all and replaces one of the same name.</summary>
    /// <param name="folder">The folder; created if need be.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="ConfigurationException">The layout has no place for such a model.</exception>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    public static void Save(string folder, Gpt model)
    {
        Gpt2ConfigFile.CheckRepresentable(model.Config);
        Directory.CreateDirectory(folder);
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };     // transformers refuses a file without it
        foreach (Gpt2Tensor tensor in Gpt2Layout.Tensors(model.Config).OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            writer.Add(tensor.Name, SafetensorsType.F32, tensor.Shape, stream =>
            {
                double[] values = Gpt2Layout.Read(model, model.Arena.Values!, tensor);
                stream.Write(MemoryMarshal.AsBytes<float>(Array.ConvertAll(values, value => (float)value)));
            });
        }

        writer.Save(Path.Combine(folder, WeightsFile));
        Gpt2ConfigFile.Write(Path.Combine(folder, Gpt2ConfigFile.FileName), model.Config);
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

    // Names and shapes are checked against the header before any memory is taken, since a wrong config may ask for any amount.
    private static Dictionary<string, Gpt2Tensor> Match(SafetensorsFile file, GptConfig config)
    {
        bool hasPrefix = file.Entries.Any(entry => entry.Name.StartsWith(Gpt2Layout.Prefix, StringComparison.Ordinal));
        var places = new Dictionary<string, Gpt2Tensor>(StringComparer.Ordinal);
        foreach (Gpt2Tensor tensor in Gpt2Layout.Tensors(config))
        {
            string name = hasPrefix ? tensor.Name : tensor.ParameterName;
            if (!file[name].Shape.SequenceEqual(tensor.Shape))
            {
                throw new RefusedFileException(
                    file.Path,
                    $"tensor '{name}' has shape {file[name].ShapeText}, but config.json asks for ({string.Join(", ", tensor.Shape)}).");
            }

            places.Add(name, tensor);
        }

        foreach (SafetensorsEntry entry in file.Entries)
        {
            if (!places.ContainsKey(entry.Name) && !MaskBuffer().IsMatch(entry.Name))
            {
                CheckSurplus(file, entry, hasPrefix ? Gpt2Layout.Prefix + "wte.weight" : "wte.weight");
            }
        }

        return places;
    }

    // Some writers store the tied head as well. A head that differs would be ignored here, and used by transformers.
    private static void CheckSurplus(SafetensorsFile file, SafetensorsEntry entry, string embedding)
    {
        if (entry.Name != "lm_head.weight")
        {
            throw new RefusedFileException(
                file.Path, $"it holds tensor '{entry.Name}', for which the model that config.json describes has no place.");
        }

        if (!file.ReadDoubles(entry.Name).SequenceEqual(file.ReadDoubles(embedding)))
        {
            throw new RefusedFileException(
                file.Path,
                $"tensor 'lm_head.weight' differs from '{embedding}', although config.json ties them; "
                + "set tie_word_embeddings to false, or remove it.");
        }
    }

    /// <summary>The causal mask, which files of old versions of transformers hold.</summary>
    [GeneratedRegex(@"^(transformer\.)?h\.\d+\.attn\.(masked_)?bias$")]
    private static partial Regex MaskBuffer();
}
