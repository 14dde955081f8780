using System.Text.Json.Nodes;
using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Onnx;

/// <summary>Walks through a ModelProto and collects what <see cref="OnnxFile"/> shows.</summary>
/// <param name="reader">The file, at its start.</param>
/// <param name="externalFiles">Checks places beside the file.</param>
internal sealed class OnnxModelReader(ProtobufReader reader, OnnxExternalFiles externalFiles)
{
    // What is kept costs memory, which a hostile file would make a multiple of its own size.
    private const int MostKept = 100_000;
    private const int LongestNote = 1 << 20;

    // Graphs within nodes, as the branches of a condition have them.
    private const int DeepestGraph = 32;

    private readonly OnnxTensorReader _tensorReader = new(reader, externalFiles);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _operators = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _notes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _operatorSets = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Type)> _inputs = [];
    private readonly List<(string Name, string Type)> _outputs = [];
    private readonly Dictionary<int, string> _texts = [];
    private long _formatVersion;
    private long _modelVersion;
    private string? _graphName;

    /// <summary>The tensors of the graph, in its order.</summary>
    public List<OnnxTensorSource> Tensors { get; } = [];

    /// <summary>Reads the whole file.</summary>
    /// <exception cref="RefusedFileException">It is no sound ONNX file.</exception>
    public void Read()
    {
        long end = reader.Length;
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    _formatVersion = reader.ReadInteger(end, wire);
                    break;
                case 2 or 3 or 4:
                    _texts[field] = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                case 5:
                    _modelVersion = reader.ReadInteger(end, wire);
                    break;
                case 7:
                    ReadMainGraph(reader.ReadEnd(end, wire));
                    break;
                case 8:
                    (string domain, long version) = OnnxText.ReadOperatorSet(reader, reader.ReadEnd(end, wire));
                    Keep(_operatorSets, domain.Length == 0 ? "ai.onnx" : domain, version);
                    break;
                case 14:
                    (string key, string value) = OnnxText.ReadEntry(reader, reader.ReadEnd(end, wire), LongestNote);
                    Keep(_notes, key, value);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        if (_formatVersion < 1 || _graphName is null || _operatorSets.Count == 0)
        {
            throw new RefusedFileException(reader.Path, "it is no ONNX file: it lacks a version of the format, a graph, or the version of its operators.");
        }
    }

    /// <summary>What has been read, beside the tensors.</summary>
    public JsonObject Metadata()
    {
        var metadata = new JsonObject { ["ir_version"] = _formatVersion };
        foreach ((int field, string name) in ((int, string)[])[(2, "producer_name"), (3, "producer_version"), (4, "domain")])
        {
            if (_texts.TryGetValue(field, out string? text) && text.Length > 0)
            {
                metadata[name] = text;
            }
        }

        metadata["model_version"] = _modelVersion;
        metadata["opset_import"] = Object(_operatorSets);
        if (_notes.Count > 0)
        {
            metadata["metadata_props"] = Object(_notes);
        }

        metadata["graph"] = _graphName;
        metadata["inputs"] = Object(_inputs.Select(value => KeyValuePair.Create(value.Name, value.Type)));
        metadata["outputs"] = Object(_outputs.Select(value => KeyValuePair.Create(value.Name, value.Type)));
        metadata["operators"] = Object(_operators);
        if (externalFiles.Names.Any())
        {
            metadata["external_data"] = new JsonArray([.. externalFiles.Names.Select(name => JsonValue.Create(name))]);
        }

        return metadata;
    }

    private static JsonObject Object<T>(IEnumerable<KeyValuePair<string, T>> entries)
    {
        var json = new JsonObject();
        foreach ((string key, T value) in entries)
        {
            json[key] = JsonValue.Create(value);
        }

        return json;
    }

    private void ReadMainGraph(long end)
    {
        if (_graphName is not null)
        {
            throw reader.Refused("the file has a second graph", reader.Position);
        }

        _graphName = "";
        ReadGraph(end, depth: 0);
        reader.Place = "the file";
    }

    // GraphProto
    private void ReadGraph(long end, int depth)
    {
        if (depth > DeepestGraph)
        {
            throw reader.Refused($"graphs are nested deeper than {DeepestGraph}", reader.Position);
        }

        bool isMain = depth == 0;
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    ReadNode(reader.ReadEnd(end, wire), depth);
                    break;
                case 2 when isMain:
                    _graphName = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                case 5:
                    reader.Place = "a tensor of the graph";
                    Keep(_tensorReader.Read(reader.ReadEnd(end, wire)), isMain);
                    break;
                case 11 or 12 when isMain:
                    reader.Place = field == 11 ? "an input of the graph" : "an output of the graph";
                    Keep(field == 11 ? _inputs : _outputs, OnnxText.ReadValue(reader, reader.ReadEnd(end, wire)));
                    break;
                case 15:
                    reader.Place = "a sparse tensor of the graph";
                    ReadSparse(reader.ReadEnd(end, wire), isMain);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }
    }

    // NodeProto
    private void ReadNode(long end, int depth)
    {
        reader.Place = "a node of the graph";
        (string domain, string op) = ("", "");
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 4:
                    op = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                case 5:
                    ReadAttribute(reader.ReadEnd(end, wire), depth);
                    break;
                case 7:
                    domain = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        if (op.Length == 0)
        {
            throw reader.Refused("a node without an operator ends", end);
        }

        string name = domain is "" or "ai.onnx" ? op : $"{domain}.{op}";
        if (!_operators.TryGetValue(name, out long count) && _operators.Count == MostKept)
        {
            throw reader.Refused($"there are more than {MostKept} different operators", end);
        }

        _operators[name] = count + 1;
    }

    // AttributeProto: tensors and graphs in it are checked like others, and not kept.
    private void ReadAttribute(long end, int depth)
    {
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 5 or 10:
                    _tensorReader.Read(reader.ReadEnd(end, wire));
                    break;
                case 6 or 11:
                    ReadGraph(reader.ReadEnd(end, wire), depth + 1);
                    break;
                case 22 or 23:
                    ReadSparse(reader.ReadEnd(end, wire), isKept: false);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }
    }

    // SparseTensorProto: values, whose name is the tensor's, and indices, which may have none.
    private void ReadSparse(long end, bool isKept)
    {
        OnnxTensorSource? values = null, indices = null;
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    values = _tensorReader.Read(reader.ReadEnd(end, wire));
                    break;
                case 2:
                    indices = _tensorReader.Read(reader.ReadEnd(end, wire));
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        if (values is null || indices is null)
        {
            throw reader.Refused("a sparse tensor without values or indices ends", end);
        }

        Keep(values, isKept);
        Keep(indices with { Name = values.Name + ".indices" }, isKept);
    }

    private void Keep(OnnxTensorSource tensor, bool isKept)
    {
        if (!isKept)
        {
            return;
        }

        if (tensor.Name.Length == 0 || !_names.Add(tensor.Name))
        {
            throw reader.Refused(
                tensor.Name.Length == 0 ? "a tensor of the graph has no name" : $"a second tensor has the name '{tensor.Name}'", tensor.MessageStart);
        }

        Tensors.Add(Tensors.Count < MostKept ? tensor : throw reader.Refused($"there are more than {MostKept} tensors", tensor.MessageStart));
    }

    private void Keep(List<(string Name, string Type)> values, (string Name, string Type) value) =>
        values.Add(values.Count < MostKept ? value : throw reader.Refused($"there are more than {MostKept} inputs or outputs", reader.Position));

    private void Keep<T>(SortedDictionary<string, T> entries, string key, T value)
    {
        if (!entries.TryAdd(key, value) || entries.Count > MostKept)
        {
            throw reader.Refused($"'{key}' stands there twice, or is one of too many", reader.Position);
        }
    }
}
