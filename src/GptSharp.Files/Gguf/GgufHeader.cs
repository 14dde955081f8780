namespace GptSharp.Files.Gguf;

/// <summary>Everything in front of a GGUF file's tensors, checked: sizes against the file, names against each other, offsets against sizes.</summary>
internal sealed class GgufHeader
{
    public const uint Magic = 0x46554747;       // "GGUF"
    public const string AlignmentKey = "general.alignment";
    public const int DefaultAlignment = 32;
    public const int LargestKey = ushort.MaxValue;
    public const int LargestName = 63;          // ggml's 64 bytes, one of them the terminating zero
    public const int MostAxes = 4;

    // Far more than any model has; with it, what objects take beyond the file's own bytes is bounded.
    private const int MostEntries = 1 << 16;
    private const int SmallestPair = 8 + 1 + 4 + 1;
    private const int SmallestTensor = 8 + 1 + 4 + 4 + 8;

    private readonly GgufReader _reader;

    public GgufHeader(GgufReader reader)
    {
        _reader = reader;
        if (reader.Length < sizeof(uint) || reader.ReadUInt32("its first word") != Magic)
        {
            throw new RefusedFileException(reader.Path, "it is no GGUF file: it does not begin with 'GGUF'.");
        }

        Version = ReadVersion();
        int tensors = ReadCount("tensors", SmallestTensor);
        int pairs = ReadCount("keys", SmallestPair);
        Metadata = ReadMetadata(pairs);
        Alignment = ReadAlignment();
        Tensors = ReadTensors(tensors);
        DataStart = tensors == 0 ? reader.Position : Padded(reader.Position);
        CheckEnd();
    }

    public int Version { get; }

    public long Alignment { get; }

    public List<KeyValuePair<string, GgufValue>> Metadata { get; }

    public List<GgufTensorInfo> Tensors { get; }

    public long DataStart { get; }

    private int ReadVersion()
    {
        uint version = _reader.ReadUInt32("the version");
        return version switch
        {
            2 or 3 => (int)version,
            1 => throw _reader.Refused("it has version 1 of GGUF, which no current program reads; convert the model again", sizeof(uint)),
            _ when (version & 0xFFFF) == 0 => throw _reader.Refused("it is big-endian; only little-endian GGUF files can be read", sizeof(uint)),
            _ => throw _reader.Refused($"it has version {version} of GGUF; versions 2 and 3 can be read", sizeof(uint)),
        };
    }

    private int ReadCount(string what, int smallest)
    {
        long start = _reader.Position;
        ulong count = _reader.ReadUInt64($"the number of {what}");
        if (count > (ulong)(_reader.Length - _reader.Position) / (ulong)smallest)
        {
            throw _reader.Refused($"it claims {count} {what}, more than its size has room for", start);
        }

        return count <= MostEntries ? (int)count : throw _reader.Refused($"it claims {count} {what}; at most {MostEntries} are read", start);
    }

    private List<KeyValuePair<string, GgufValue>> ReadMetadata(int count)
    {
        var metadata = new List<KeyValuePair<string, GgufValue>>(count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            long start = _reader.Position;
            string key = _reader.ReadText($"the name of key {i}", LargestKey);
            if (!seen.Add(key))
            {
                throw _reader.Refused($"the key '{key}' stands there twice", start);
            }

            metadata.Add(new(key, ReadValue(key)));
        }

        return metadata;
    }

    private GgufValue ReadValue(string key)
    {
        long start = _reader.Position;
        string what = $"the value of '{key}'";
        var type = (GgufValueType)_reader.ReadUInt32($"the type of '{key}'");
        bool isArray = type == GgufValueType.Array;
        if (isArray)
        {
            type = (GgufValueType)_reader.ReadUInt32($"the type of the elements of '{key}'");
        }

        if (type is < GgufValueType.UInt8 or > GgufValueType.Float64 or GgufValueType.Array)
        {
            throw _reader.Refused(
                type == GgufValueType.Array ? $"{what} is an array of arrays, which is not read (nor by llama.cpp)" : $"{what} has the unknown type {(uint)type}", start);
        }

        ulong count = isArray ? _reader.ReadUInt64($"the length of '{key}'") : 1;
        byte[] bytes = type == GgufValueType.String ? _reader.ReadTexts(count, what) : _reader.ReadMany(count, type.Size(), what);
        if (type == GgufValueType.Bool && bytes.AsSpan().ContainsAnyExcept((byte)0, (byte)1))
        {
            throw _reader.Refused($"{what} is a truth value that is neither 0 nor 1", start);
        }

        return isArray ? new GgufValue(type, (long)count, bytes) : new GgufValue(type, bytes);
    }

    private long ReadAlignment()
    {
        if (Metadata.Find(pair => pair.Key == AlignmentKey).Value is not { } value)
        {
            return DefaultAlignment;
        }

        return value.Type == GgufValueType.UInt32 && value.AsInteger() is { } alignment and > 0 && long.IsPow2(alignment)
            ? alignment
            : throw new RefusedFileException(_reader.Path, $"{AlignmentKey} is {value.Shown(1).FirstOrDefault()} ({value.Type}); a UInt32 that is a power of two is needed.");
    }

    private List<GgufTensorInfo> ReadTensors(int count)
    {
        var tensors = new List<GgufTensorInfo>(count);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        long end = 0;
        for (int i = 0; i < count; i++)
        {
            long start = _reader.Position;
            string name = _reader.ReadText($"the name of tensor {i}", LargestName);
            if (!seen.Add(name))
            {
                throw _reader.Refused($"two of its tensors have the name '{name}'", start);
            }

            GgufTensorInfo tensor = ReadTensor(name, start, end);
            tensors.Add(tensor);
            end = Padded(end + tensor.ByteLength);
        }

        return tensors;
    }

    private GgufTensorInfo ReadTensor(string name, long start, long expectedOffset)
    {
        uint axes = _reader.ReadUInt32($"the number of axes of tensor '{name}'");
        if (axes > MostAxes)
        {
            throw _reader.Refused($"tensor '{name}' has {axes} axes; at most {MostAxes} are allowed", start);
        }

        var lengths = new ulong[axes];      // innermost first
        for (int axis = 0; axis < lengths.Length; axis++)
        {
            lengths[axis] = _reader.ReadUInt64($"the shape of tensor '{name}'");
        }

        uint number = _reader.ReadUInt32($"the type of tensor '{name}'");
        ulong offset = _reader.ReadUInt64($"the offset of tensor '{name}'");
        var type = (GgufTensorType)number;
        if (!Enum.IsDefined(type))
        {
            throw _reader.Refused($"tensor '{name}' has the unknown type {number}", start);
        }

        (int blockElements, int blockBytes) = type.Block();
        string shape = $"({string.Join(", ", lengths.Reverse())})";
        if ((lengths.Length == 0 ? 1 : lengths[0]) % (ulong)blockElements != 0)
        {
            throw _reader.Refused($"tensor '{name}' of shape {shape} has rows that are no multiple of the {blockElements} elements of a block of {type}", start);
        }

        // A length of zero does not excuse the others.
        long product = 1;
        bool fits = true;
        foreach (ulong length in lengths.Where(length => length > 0))
        {
            fits &= length <= (ulong)(long.MaxValue / product);
            product = fits ? product * (long)length : 1;
        }

        long count = lengths.Contains(0UL) ? 0 : product;
        long room = _reader.Length - _reader.Position;
        if (!fits || count / blockElements > room / blockBytes || expectedOffset > room)
        {
            throw _reader.Refused($"tensor '{name}' of shape {shape} and type {type} needs more bytes than the file has", start);
        }

        return offset == (ulong)expectedOffset
            ? new GgufTensorInfo(name, type, [.. lengths.Reverse().Select(length => (long)length)], count, expectedOffset, count / blockElements * blockBytes)
            : throw _reader.Refused(
                $"tensor '{name}' begins at byte {offset} of the data, and the one before it, padded to {Alignment} bytes, ends at {expectedOffset}: they {(offset < (ulong)expectedOffset ? "overlap" : "leave a hole")}", start);
    }

    // The last tensor, too, is padded: llama.cpp reads the whole.
    private void CheckEnd()
    {
        long end = Tensors.Count == 0 ? DataStart : DataStart + Padded(Tensors[^1].Offset + Tensors[^1].ByteLength);
        if (end > _reader.Length)
        {
            throw _reader.Refused(
                Tensors.Count == 0 ? "it is truncated" : $"it is truncated: tensor '{Tensors[^1].Name}', padded to {Alignment} bytes as every tensor must be, ends at byte {end}", _reader.Length);
        }

        // Without tensors there is no data to be aligned, and writers differ in whether they pad the header.
        if (end != _reader.Length && !(Tensors.Count == 0 && Padded(end) == _reader.Length))
        {
            throw _reader.Refused($"{_reader.Length - end} bytes follow the end of the last tensor", end);
        }
    }

    // No overflow: positions are at most the file's length and the alignment is below 2^32.
    private long Padded(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
