using System.Text.Json;

namespace GptSharp.Files.Safetensors;

/// <summary>
/// Parses and checks the JSON header of a safetensors file in one pass, so that a hostile header costs no more memory than its own bytes
/// and the tensors that it names.
/// </summary>
internal ref struct SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";

    private readonly string _path;
    private readonly long _dataLength;
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private Utf8JsonReader _json;

    private SafetensorsHeader(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        (_path, _dataLength) = (path, dataLength);
        _json = new Utf8JsonReader(json);
    }

    /// <summary>Reads entries and metadata; every claim of the header is checked against the length of the data.</summary>
    /// <exception cref="RefusedFileException">The header is not JSON, or contradicts itself or the file.</exception>
    public static (List<SafetensorsEntry> Entries, Dictionary<string, string> Metadata) Parse(
        string path, ReadOnlySpan<byte> json, long dataLength)
    {
        var header = new SafetensorsHeader(path, json, dataLength);
        try
        {
            header.ReadAll();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is what the reader throws for a name that is no valid Unicode.
            throw new RefusedFileException(
                path, $"its header is no valid safetensors header: its JSON is broken near byte {header._json.BytesConsumed} of the header.", exception);
        }

        header.CheckLayout();
        return (header._entries, header._metadata);
    }

    private void ReadAll()
    {
        Expect(JsonTokenType.StartObject, "the header");
        while (NextName() is { } name)
        {
            if (name == MetadataKey)
            {
                ReadMetadata();
            }
            else if (!_names.Add(name))
            {
                throw Refused($"tensor '{name}' stands there twice");
            }
            else
            {
                _entries.Add(ReadEntry(name));
            }
        }

        // Whatever follows the object, other than spaces, the reader refuses.
        _json.Read();
    }

    private void ReadMetadata()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null)
        {
            return;
        }

        Check(JsonTokenType.StartObject, MetadataKey);
        while (NextName() is { } key)
        {
            Expect(JsonTokenType.String, $"{MetadataKey}.{key}");
            if (!_metadata.TryAdd(key, _json.GetString()!))
            {
                throw Refused($"{MetadataKey}.{key} stands there twice");
            }
        }
    }

    private SafetensorsEntry ReadEntry(string name)
    {
        Expect(JsonTokenType.StartObject, $"tensor '{name}'");
        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (NextName() is { } field)
        {
            bool isNew = true;
            switch (field)
            {
                case "dtype":
                    Expect(JsonTokenType.String, $"dtype of tensor '{name}'");
                    (isNew, type) = (type is null, _json.GetString());
                    break;
                case "shape":
                    (isNew, shape) = (shape is null, ReadNumbers($"shape of tensor '{name}'"));
                    break;
                case "data_offsets":
                    (isNew, offsets) = (offsets is null, ReadNumbers($"data_offsets of tensor '{name}'"));
                    break;
                default:
                    _json.Skip();
                    break;
            }

            if (!isNew)
            {
                throw Refused($"{field} of tensor '{name}' stands there twice");
            }
        }

        return type is null || shape is null || offsets is null
            ? throw Refused($"tensor '{name}' lacks {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}")
            : CheckEntry(name, type, [.. shape], offsets);
    }

    private readonly SafetensorsEntry CheckEntry(string name, string typeName, long[] shape, List<long> offsets)
    {
        if (!Enum.TryParse(typeName, out SafetensorsType type) || type.ToString() != typeName)
        {
            throw new RefusedFileException(_path, $"tensor '{name}' has the unknown element type '{typeName}'.");
        }

        string shapeText = $"({string.Join(", ", shape)})";
        long bytes = ByteLength(type, shape);
        if (bytes < 0)
        {
            throw new RefusedFileException(_path, $"tensor '{name}' has an impossible shape {shapeText}.");
        }

        if (offsets.Count != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes)
        {
            throw new RefusedFileException(
                _path, $"tensor '{name}' of shape {shapeText} and type {type} needs {bytes} bytes, but its data_offsets are [{string.Join(", ", offsets)}].");
        }

        return offsets[1] <= _dataLength
            ? new SafetensorsEntry(name, type, shape, offsets[0], bytes)
            : throw new RefusedFileException(
                _path, $"it is truncated: tensor '{name}' ends at byte {offsets[1]} of the data, of which only {_dataLength} bytes are there.");
    }

    // -1 for a shape that no memory could hold even if an axis of length zero makes it empty: programs multiply in different orders.
    private static long ByteLength(SafetensorsType type, long[] shape)
    {
        long count = 1;
        foreach (long length in shape)
        {
            if (length < 0 || (length > 0 && count > long.MaxValue / length))
            {
                return -1;
            }

            count *= Math.Max(1, length);
        }

        long bytes = type.ByteLength(count);
        return bytes >= 0 && shape.Contains(0) ? 0 : bytes;
    }

    private void CheckLayout()
    {
        long end = 0;
        foreach (SafetensorsEntry entry in _entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength))
        {
            if (entry.Offset != end)
            {
                string relation = entry.Offset < end ? "overlaps the one before it" : "leaves a gap before it";
                throw new RefusedFileException(_path, $"the data of tensor '{entry.Name}' {relation}.");
            }

            end = entry.Offset + entry.ByteLength;
        }

        if (end != _dataLength)
        {
            throw new RefusedFileException(_path, $"its tensors end at byte {end} of the data, which has {_dataLength} bytes.");
        }
    }

    // The name of the next property, or null where the object ends.
    private string? NextName()
    {
        _json.Read();
        return _json.TokenType == JsonTokenType.EndObject ? null : _json.GetString();
    }

    private List<long> ReadNumbers(string what)
    {
        Expect(JsonTokenType.StartArray, what);
        var numbers = new List<long>();
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(_json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out long number) ? number : throw Refused(
                $"{what} holds what is no whole number from {long.MinValue} to {long.MaxValue}"));
        }

        return numbers;
    }

    private void Expect(JsonTokenType type, string what)
    {
        _json.Read();
        Check(type, what);
    }

    private readonly void Check(JsonTokenType type, string what)
    {
        if (_json.TokenType != type)
        {
            string expected = type switch
            {
                JsonTokenType.StartObject => "object in braces",
                JsonTokenType.StartArray => "array in brackets",
                _ => "text in quotes",
            };
            throw Refused($"{what} is no {expected}");
        }
    }

    private readonly RefusedFileException Refused(string problem) => new(
        _path, $"its header is no valid safetensors header: {problem} (byte {_json.TokenStartIndex} of the header).");
}
