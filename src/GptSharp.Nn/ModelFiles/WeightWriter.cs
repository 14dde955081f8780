using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using GptSharp.Files.Safetensors;
using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>Writes the weights of a model folder: one file, or shards of bounded size and their index, named as transformers names them.</summary>
internal static class WeightWriter
{
    /// <summary>Writes them.</summary>
    /// <exception cref="ConfigurationException">A number has no place in the type.</exception>
    public static void Save(string folder, Gpt model, ModelLayout layout, ModelFolderOptions options)
    {
        List<List<ModelTensor>> shards = Split([.. layout.Tensors(model.Config)], options);
        if (shards.Count == 1)
        {
            Writer(model, shards[0], options).Save(Path.Combine(folder, ModelFolder.WeightsFile));
            return;
        }

        var index = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            Writer(model, shards[i], options).Save(Path.Combine(folder, name));
            shards[i].ForEach(tensor => index.Add(tensor.Name, name));
        }

        long count = shards.SelectMany(shard => shard).Sum(Count);
        ConfigWriter.Write(Path.Combine(folder, ModelFolder.IndexFile), json => WriteIndex(json, index, count, options.Type.ByteLength(count)));
    }

    // In the model's order; a tensor larger than a shard may be has one of its own.
    private static List<List<ModelTensor>> Split(List<ModelTensor> tensors, ModelFolderOptions options)
    {
        List<List<ModelTensor>> shards = [[]];
        long filled = 0;
        foreach (ModelTensor tensor in tensors)
        {
            long bytes = options.Type.ByteLength(Count(tensor));
            if (shards[^1].Count > 0 && filled + bytes > (options.MaxShardSize ?? long.MaxValue))
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add(tensor);
            filled += bytes;
        }

        return shards;
    }

    private static long Count(ModelTensor tensor) => tensor.Shape.Aggregate(1L, (count, length) => count * length);

    private static SafetensorsWriter Writer(Gpt model, List<ModelTensor> tensors, ModelFolderOptions options)
    {
        var writer = new SafetensorsWriter { Metadata = { ["format"] = "pt" } };     // transformers refuses a file without it
        foreach (ModelTensor tensor in tensors)
        {
            writer.Add(tensor.Name, options.Type, tensor.Shape, stream =>
            {
                double[] values = ModelLayout.Read(model, model.Arena.PreciseValues!, tensor);
                stream.Write(options.Type switch
                {
                    SafetensorsType.F32 => Bytes(values, value => (float)value),
                    SafetensorsType.BF16 => Bytes(values, value => (BF16)(float)value),
                    SafetensorsType.F16 => Bytes(values, value => Narrowed(tensor, value)),
                    _ => throw new ArgumentOutOfRangeException(nameof(options), options.Type, "Weights are written as F32, BF16 or F16."),
                });
            });
        }

        return writer;
    }

    private static ReadOnlySpan<byte> Bytes<T>(double[] values, Converter<double, T> convert)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(Array.ConvertAll(values, convert));

    // By way of float32, as every other program narrows such weights.
    private static Half Narrowed(ModelTensor tensor, double value)
    {
        var half = (Half)(float)value;
        return Half.IsFinite(half) || !double.IsFinite(value) ? half : throw new ConfigurationException(string.Create(
            CultureInfo.InvariantCulture, $"tensor '{tensor.Name}' holds {value}, but the largest number of f16 is 65504; write the model as bf16 or f32."));
    }

    private static void WriteIndex(Utf8JsonWriter json, SortedDictionary<string, string> index, long count, long bytes)
    {
        json.WriteStartObject("metadata");
        json.WriteNumber("total_parameters", count);
        json.WriteNumber("total_size", bytes);
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        foreach ((string tensor, string file) in index)
        {
            json.WriteString(tensor, file);
        }

        json.WriteEndObject();
    }
}
