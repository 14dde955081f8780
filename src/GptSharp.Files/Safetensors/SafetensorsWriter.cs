using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace GptSharp.Files.Safetensors;

/// <summary>
/// Collects tensors and writes them as one safetensors file. A tensor's bytes are asked for only when they are written, so a
/// model is never in memory twice.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly List<(string Name, SafetensorsType Type, long[] Shape, long Bytes, Action<Stream> Write)> _tensors = [];

    /// <summary>Free-form notes for the header.</summary>
    public IDictionary<string, string> Metadata { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Adds a tensor whose bytes come later.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Element type.</param>
    /// <param name="shape">Axis lengths, outermost first.</param>
    /// <param name="write">Writes exactly the tensor's bytes, little-endian and row-major.</param>
    public void Add(string name, SafetensorsType type, IEnumerable<long> shape, Action<Stream> write)
    {
        long[] lengths = [.. shape];
        long bytes = type.ByteLength(lengths.Aggregate(1L, (count, length) => checked(count * length)));
        ArgumentOutOfRangeException.ThrowIfNegative(bytes, nameof(shape));
        _tensors.Add((name, type, lengths, bytes, write));
    }

    /// <summary>Adds a tensor of float32 values.</summary>
    public void Add(string name, IEnumerable<long> shape, ReadOnlyMemory<float> values) =>
        Add(name, SafetensorsType.F32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Adds a tensor of float64 values.</summary>
    public void Add(string name, IEnumerable<long> shape, ReadOnlyMemory<double> values) =>
        Add(name, SafetensorsType.F64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Adds a tensor of 64-bit integers.</summary>
    public void Add(string name, IEnumerable<long> shape, ReadOnlyMemory<long> values) =>
        Add(name, SafetensorsType.I64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Writes header and tensors, in the order in which they were added.</summary>
    /// <exception cref="InvalidOperationException">A tensor wrote another number of bytes than its shape says.</exception>
    public void Write(Stream stream)
    {
        byte[] header = Header();
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach ((string name, _, _, long bytes, Action<Stream> write) in _tensors)
        {
            var counted = new CountingStream(stream);
            write(counted);
            if (counted.Written != bytes)
            {
                throw new InvalidOperationException($"Tensor '{name}' wrote {counted.Written} bytes instead of {bytes}.");
            }
        }
    }

    /// <summary>Writes a file that appears whole or not at all.</summary>
    public void Save(string path) => AtomicFile.Write(path, Write);

    private byte[] Header()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (Metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in Metadata)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach ((string name, SafetensorsType type, long[] shape, long bytes, _) in _tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", type.ToString());
                WriteNumbers(json, "shape", shape);
                WriteNumbers(json, "data_offsets", [offset, offset + bytes]);
                json.WriteEndObject();
                offset += bytes;
            }

            json.WriteEndObject();
        }

        // Spaces up to a multiple of eight, so that the data is aligned in a memory map.
        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
