using System.Text.Json;

namespace GptSharp.Files.Safetensors;

/// <summary>Parses and checks the JSON header of a safetensors file.</summary>
internal static class SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";

    /// <summary>Reads entries and metadata; every claim of the header is checked against the length of the data.</summary>
    /// <exception cref="RefusedFileException">The header is not JSON, or contradicts itself or the file.</exception>
    public static (List<SafetensorsEntry> Entries, Dictionary<string, string> Metadata) Parse(
        string path, ReadOnlyMemory<byte> json, long dataLength)
    {
        var entries = new List<SafetensorsEntry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataKey)
                {
                    foreach (JsonProperty item in property.Value.EnumerateObject())
                    {
                        metadata[item.Name] = item.Value.GetString() ?? "";
                    }
                }
                else
                {
                    entries.Add(ParseEntry(path, property, dataLength));
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new RefusedFileException(path, $"its header is no valid safetensors header ({exception.Message})", exception);
        }

        CheckLayout(path, entries, dataLength);
        return (entries, metadata);
    }

    private static SafetensorsEntry ParseEntry(string path, JsonProperty property, long dataLength)
    {
        string typeName = property.Value.GetProperty("dtype").GetString() ?? "";
        if (!Enum.TryParse(typeName, out SafetensorsType type) || !Enum.IsDefined(type))
        {
            throw new RefusedFileException(path, $"tensor '{property.Name}' has the unknown element type '{typeName}'.");
        }

        long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64())];
        long[] offsets = [.. property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        long count = 1;
        foreach (long length in shape)
        {
            count = count < 0 || length < 0 || (length > 0 && count > long.MaxValue / length) ? -1 : count * length;
        }

        long bytes = count < 0 ? -1 : type.ByteLength(count);
        if (bytes < 0)
        {
            throw new RefusedFileException(path, $"tensor '{property.Name}' has an impossible shape ({string.Join(", ", shape)}).");
        }

        if (offsets.Length != 2 || offsets[0] < 0 || offsets[1] - offsets[0] != bytes)
        {
            throw new RefusedFileException(
                path, $"tensor '{property.Name}' of shape ({string.Join(", ", shape)}) and type {type} needs {bytes} bytes, but its data_offsets are [{string.Join(", ", offsets)}].");
        }

        if (offsets[1] > dataLength)
        {
            throw new RefusedFileException(
                path, $"it is truncated: tensor '{property.Name}' ends at byte {offsets[1]} of the data, of which only {dataLength} bytes are there.");
        }

        return new SafetensorsEntry(property.Name, type, shape, offsets[0], bytes);
    }

    private static void CheckLayout(string path, List<SafetensorsEntry> entries, long dataLength)
    {
        long end = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength))
        {
            if (entry.Offset != end)
            {
                string relation = entry.Offset < end ? "overlaps the one before it" : "leaves a gap before it";
                throw new RefusedFileException(path, $"the data of tensor '{entry.Name}' {relation}.");
            }

            end = entry.Offset + entry.ByteLength;
        }

        if (end != dataLength)
        {
            throw new RefusedFileException(path, $"its tensors end at byte {end} of the data, which has {dataLength} bytes.");
        }

        if (entries.Select(entry => entry.Name).Distinct(StringComparer.Ordinal).Count() != entries.Count)
        {
            throw new RefusedFileException(path, "two of its tensors have the same name.");
        }
    }
}
