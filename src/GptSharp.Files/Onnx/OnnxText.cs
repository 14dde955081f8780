using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Onnx;

/// <summary>Small messages of an ONNX file that become texts.</summary>
internal static class OnnxText
{
    // Types within types, as a sequence of sequences: deeper ones are an attack.
    private const int DeepestType = 16;

    /// <summary>A StringStringEntryProto: a key and its value.</summary>
    /// <param name="reader">The file.</param>
    /// <param name="end">Where the message ends.</param>
    /// <param name="longest">The most bytes of the value.</param>
    public static (string Key, string Value) ReadEntry(ProtobufReader reader, long end, int longest)
    {
        (string key, string value) = ("", "");
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    key = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                case 2:
                    value = reader.ReadText(end, wire, longest);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        return (key, value);
    }

    /// <summary>An OperatorSetIdProto: a domain, empty for ONNX's own, and the version of its operators.</summary>
    public static (string Domain, long Version) ReadOperatorSet(ProtobufReader reader, long end)
    {
        (string domain, long version) = ("", 0);
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    domain = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                case 2:
                    version = reader.ReadInteger(end, wire);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        return (domain, version);
    }

    /// <summary>A ValueInfoProto: a name, and the type as text, for example <c>FLOAT (batch_size, 4)</c>.</summary>
    public static (string Name, string Type) ReadValue(ProtobufReader reader, long end)
    {
        (string name, string type) = ("", "?");
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    name = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                case 2:
                    type = ReadType(reader, reader.ReadEnd(end, wire), depth: 0);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        return (name, type);
    }

    // TypeProto, and the messages in it that have an element type in field 1.
    private static string ReadType(ProtobufReader reader, long end, int depth)
    {
        if (depth > DeepestType)
        {
            throw reader.Refused($"types are nested deeper than {DeepestType}", reader.Position);
        }

        string type = "?";
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1 or 8:
                    type = (field == 8 ? "sparse " : "") + ReadTensorType(reader, reader.ReadEnd(end, wire));
                    break;
                case 4 or 9:
                    long outer = reader.ReadEnd(end, wire);
                    string inner = "?";
                    while (reader.NextField(outer, out int part, out ProtobufWireType partWire))
                    {
                        if (part == 1)
                        {
                            inner = ReadType(reader, reader.ReadEnd(outer, partWire), depth + 1);
                        }
                        else
                        {
                            reader.Skip(outer, partWire);
                        }
                    }

                    type = $"{(field == 4 ? "sequence" : "optional")} of {inner}";
                    break;
                case 5:
                    reader.Skip(end, wire);
                    type = "map";
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        return type;
    }

    // TypeProto.Tensor: an element type and, if it is known, a shape.
    private static string ReadTensorType(ProtobufReader reader, long end)
    {
        (string type, string shape) = ("?", "");
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    long number = reader.ReadInteger(end, wire);
                    type = number is > 0 and <= int.MaxValue && Enum.IsDefined((OnnxType)number) ? ((OnnxType)number).ToString() : "?";
                    break;
                case 2:
                    shape = $" ({string.Join(", ", ReadAxes(reader, reader.ReadEnd(end, wire)))})";
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        return type + shape;
    }

    // TensorShapeProto
    private static List<OnnxAxis> ReadAxes(ProtobufReader reader, long end)
    {
        var axes = new List<OnnxAxis>();
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            if (field != 1)
            {
                reader.Skip(end, wire);
                continue;
            }

            axes.Add(ReadAxis(reader, reader.ReadEnd(end, wire)));
            if (axes.Count > OnnxTensorReader.LargestRank)
            {
                throw reader.Refused($"a value has more than {OnnxTensorReader.LargestRank} axes", reader.Position);
            }
        }

        return axes;
    }

    private static OnnxAxis ReadAxis(ProtobufReader reader, long end)
    {
        OnnxAxis axis = default;
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            switch (field)
            {
                case 1:
                    axis = reader.ReadInteger(end, wire);
                    break;
                case 2:
                    axis = reader.ReadText(end, wire, OnnxTensorReader.LongestName);
                    break;
                default:
                    reader.Skip(end, wire);
                    break;
            }
        }

        return axis;
    }
}
