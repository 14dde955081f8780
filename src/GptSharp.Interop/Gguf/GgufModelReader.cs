using GptSharp.Files;
using GptSharp.Files.Gguf;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;

namespace GptSharp.Interop.Gguf;

/// <summary>Builds a model from the tensors of a GGUF file; quantized ones are dequantized, which is exact in float32.</summary>
internal static class GgufModelReader
{
    /// <summary>Reads a model.</summary>
    /// <exception cref="RefusedFileException">Tensors are missing, left over, or of another shape or type than is read: each is named.</exception>
    public static Gpt Read(GgufFile file, GgufArchitecture architecture, GptConfig config, Engine engine, Precision precision)
    {
        GgufPlace[] places = Match(file, architecture, config);
        var model = new Gpt(engine, config, precision);
        try
        {
            foreach (var packed in places.GroupBy(place => place.Place.ParameterName))
            {
                ModelLayout.Write(model, model.Arena.PreciseValues!, [.. packed.Select(place => (place.Place, Values(file, place)))]);
            }

            model.Arena.RoundMasterWeights();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static double[] Values(GgufFile file, GgufPlace place) =>
        Array.ConvertAll(place.FromFile(file.ReadSingles(place.Name)), value => (double)value);

    // Before any memory is taken, since a wrong key may ask for any amount: at most as many layers are looked for as the file has tensors.
    private static GgufPlace[] Match(GgufFile file, GgufArchitecture architecture, GptConfig config)
    {
        if (config.LayerCount > file.Tensors.Count)
        {
            throw new RefusedFileException(
                file.Path, $"{architecture.Name}.block_count is {config.LayerCount}, but there are only {file.Tensors.Count} tensors.");
        }

        var faults = new List<string>();
        var places = new Dictionary<string, GgufPlace>(StringComparer.Ordinal);
        foreach (GgufPlace place in GgufTensors.Of(architecture, config))
        {
            places.Add(place.Name, place);
            if (file.Find(place.Name) is not { } tensor)
            {
                faults.Add($"it holds no tensor '{place.Name}'");
            }
            else if (!tensor.Shape.SequenceEqual(place.Shape))
            {
                faults.Add($"tensor '{place.Name}' has shape {tensor.ShapeText}, but its keys ask for ({string.Join(", ", place.Shape)})");
            }
            else if (!tensor.Type.IsReadable())
            {
                faults.Add($"tensor '{place.Name}' has the type {tensor.Type}, whose values cannot be read here");
            }
        }

        bool IsKnown(string name) => places.ContainsKey(name) || (!architecture.IsGpt2 && name == GgufTensors.RopeFactors);
        faults.AddRange(file.Tensors.Where(tensor => !IsKnown(tensor.Name)).Select(
            tensor => $"it holds tensor '{tensor.Name}', for which the model that its keys describe has no place"));
        return faults.Count == 0 ? [.. places.Values] : throw new RefusedFileException(file.Path, string.Join("; ", faults) + ".");
    }
}
