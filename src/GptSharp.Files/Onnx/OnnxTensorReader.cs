using GptSharp.Files.Protobuf;

namespace GptSharp.Files.Onnx;

/// <summary>
/// Reads what a TensorProto says about its tensor, and checks it: type, shape and the number of its values, wherever they are. The values
/// themselves are left where they are.
/// </summary>
/// <param name="reader">The file.</param>
/// <param name="externalFiles">Checks places beside the file.</param>
internal sealed class OnnxTensorReader(ProtobufReader reader, OnnxExternalFiles externalFiles)
{
    /// <summary>The most bytes of a name.</summary>
    public const int LongestName = 1 << 12;

    /// <summary>The most axes: more than any program computes with.</summary>
    public const int LargestRank = 64;

    /// <summary>Reads one message, whose length has been read.</summary>
    /// <param name="end">Where it ends.</param>
    public OnnxTensorSource Read(long end)
    {
        var said = new Said(reader.Position);
        while (reader.NextField(end, out int field, out ProtobufWireType wire))
        {
            ReadField(said, end, field, wire);
        }

        OnnxType type = said.Type is > 0 and <= int.MaxValue && Enum.IsDefined((OnnxType)said.Type)
            ? (OnnxType)said.Type
            : throw Refused(said, $"it has the unknown element type {said.Type}");
        var tensor = new OnnxTensorSource(said.Name, type, said.Shape, said.Start, end, said.Bytes?.Start, External: null);
        long count = Product(said.Shape);
        if (count < 0 || type.ByteLength(count) < 0)
        {
            throw Refused(said, $"it has the impossible shape ({string.Join(", ", said.Shape)})");
        }

        CheckAmount(said, tensor);
        return said.Location == 0 ? tensor : tensor with { External = externalFiles.Place(said.Name, said.External, tensor.ByteLength) };
    }

    private void ReadField(Said said, long end, int field, ProtobufWireType wire)
    {
        switch (field)
        {
            case 1:
                ReadShape(said.Shape, end, wire);
                break;
            case 2:
                said.Type = reader.ReadInteger(end, wire);
                break;
            case 3:
                throw reader.Refused("a tensor comes in segments, which no program reads", reader.Position);
            case (>= 4 and <= 7) or 10 or 11:
                said.NumberField = said.NumberField == 0 || said.NumberField == field
                    ? field
                    : throw reader.Refused("a tensor has numbers of two types", reader.Position);
                said.NumberCount += OnnxNumbers.Count(reader, end, field, wire);
                break;
            case 8:
                said.Name = reader.ReadText(end, wire, LongestName);
                break;
            case 9:
                long bytesEnd = reader.ReadEnd(end, wire);
                said.Bytes = said.Bytes is null
                    ? (reader.Position, bytesEnd - reader.Position)
                    : throw reader.Refused("a tensor has its bytes twice", reader.Position);
                reader.Position = bytesEnd;
                break;
            case 13:
                (string key, string value) = OnnxText.ReadEntry(reader, reader.ReadEnd(end, wire), LongestName);
                if (!said.External.TryAdd(key, value) || said.External.Count > LargestRank)
                {
                    throw reader.Refused($"the external data of a tensor has the key '{key}' twice, or too many keys", reader.Position);
                }

                break;
            case 14:
                said.Location = reader.ReadInteger(end, wire);
                break;
            default:
                reader.Skip(end, wire);
                break;
        }
    }

    // One length, or all of them packed.
    private void ReadShape(List<long> shape, long end, ProtobufWireType wire)
    {
        if (wire != ProtobufWireType.Length)
        {
            shape.Add(reader.ReadInteger(end, wire));
        }
        else
        {
            long packedEnd = reader.ReadEnd(end, wire);
            while (reader.Position < packedEnd && shape.Count <= LargestRank)
            {
                shape.Add((long)reader.ReadVarint(packedEnd));
            }
        }

        if (shape.Count > LargestRank)
        {
            throw reader.Refused($"a tensor has more than {LargestRank} axes", reader.Position);
        }
    }

    // A zero hides no overflow: a program that multiplies from the other side meets it.
    private static long Product(List<long> shape)
    {
        Int128 count = 1;
        foreach (long length in shape)
        {
            count = length < 0 || count < 0 || count > long.MaxValue ? -1 : count * Math.Max(1, length);
        }

        return count < 0 || count > long.MaxValue ? -1 : shape.Contains(0) ? 0 : (long)count;
    }

    private void CheckAmount(Said said, OnnxTensorSource tensor)
    {
        int sources = (said.Bytes is null ? 0 : 1) + (said.NumberField == 0 ? 0 : 1) + (said.Location == 0 ? 0 : 1);
        if (said.Location is not 0 and not 1 || (said.Location == 0) != (said.External.Count == 0))
        {
            throw Refused(said, $"its data_location is {said.Location}, and its external data has {said.External.Count} keys");
        }

        if (sources > 1 || (tensor.Type == OnnxType.STRING && (said.Bytes is not null || said.Location != 0)))
        {
            throw Refused(said, "its values are given twice, or are texts that are given as bytes");
        }

        if (said.Bytes is { } bytes && bytes.Length != tensor.ByteLength)
        {
            throw Refused(said, $"a {tensor.Type} of shape ({string.Join(", ", tensor.Shape)}) needs {tensor.ByteLength} bytes, but it has {bytes.Length}");
        }

        long numbers = OnnxNumbers.Needed(tensor.Type, tensor.Count);
        bool isRightField = said.NumberField == 0 || said.NumberField == OnnxNumbers.FieldOf(tensor.Type);
        if (said.Bytes is null && said.Location == 0 && (said.NumberCount != numbers || !isRightField))
        {
            throw Refused(
                said, $"a {tensor.Type} of shape ({string.Join(", ", tensor.Shape)}) needs {numbers} numbers of its own, but it has {said.NumberCount} {(isRightField ? "" : "of another type")}".TrimEnd());
        }
    }

    private RefusedFileException Refused(Said said, string problem) => said.Name.Length == 0
        ? reader.Refused(problem, said.Start)
        : new(reader.Path, $"tensor '{said.Name}' at byte {said.Start} cannot be read: {problem}.");

    /// <summary>What a message says, before it has been checked.</summary>
    private sealed class Said(long start)
    {
        public long Start { get; } = start;

        public List<long> Shape { get; } = [];

        public Dictionary<string, string> External { get; } = new(StringComparer.Ordinal);

        public long Type { get; set; }

        public string Name { get; set; } = "";

        public (long Start, long Length)? Bytes { get; set; }

        public int NumberField { get; set; }

        public long NumberCount { get; set; }

        public long Location { get; set; }
    }
}
