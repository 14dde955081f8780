using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace GptSharp.Files.Safetensors;

/// <summary>
/// Collects tensors and writes them as one safetensors file, byte for byte as the format's own library does: by type, the widest first, then by
/// name. A tensor's bytes are asked for only when they are written, so a model is never in memory twice.
/// </summary>
public sealed class SafetensorsWriter
{
    private readonly List<Pending> _tensors = [];

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
        _tensors.Add(new Pending(name, type, lengths, bytes, write));
    }

    /// <summary>Adds a tensor of another file, bit for bit.</summary>
    /// <param name="file">The file, which must stay open until this one is written.</param>
    /// <param name="entry">One of its tensors.</param>
    public void Add(SafetensorsFile file, SafetensorsEntry entry) =>
        Add(entry.Name, entry.Type, entry.Shape, stream => file.ReadPieces(entry, stream.Write));

    /// <summary>Adds a tensor of float32 values.</summary>
    public void Add(string name, IEnumerable<long> shape, ReadOnlyMemory<float> values) =>
        Add(name, SafetensorsType.F32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Adds a tensor of float64 values.</summary>
    public void Add(string name, IEnumerable<long> shape, ReadOnlyMemory<double> values) =>
        Add(name, SafetensorsType.F64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Adds a tensor of 64-bit integers.</summary>
    public void Add(string name, IEnumerable<long> shape, ReadOnlyMemory<long> values) =>
        Add(name, SafetensorsType.I64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));

    /// <summary>Writes header and tensors.</summary>
    /// <exception cref="InvalidOperationException">A tensor wrote another number of bytes than its shape says, or two have one name.</exception>
    public void Write(Stream stream)
    {
        List<Pending> tensors = InOrder();
        stream.Write(Prologue(tensors));
        foreach (Pending tensor in tensors)
        {
            var counted = new CountingStream(stream);
            tensor.Write(counted);
            if (counted.Written != tensor.Bytes)
            {
                throw new InvalidOperationException($"Tensor '{tensor.Name}' wrote {counted.Written} bytes instead of {tensor.Bytes}.");
            }
        }
    }

    /// <summary>Writes a file that appears whole or not at all.</summary>
    public void Save(string path) => AtomicFile.Write(path, Write);

    /// <summary>What comes before the first tensor's bytes, for somebody who writes the rest without this class.</summary>
    /// <returns>The header's length and the header; the tensors' names in the order in which their bytes must follow.</returns>
    public (byte[] Prologue, IReadOnlyList<string> Names) Layout()
    {
        List<Pending> tensors = InOrder();
        return (Prologue(tensors), [.. tensors.Select(tensor => tensor.Name)]);
    }

    private List<Pending> InOrder() =>
        [.. _tensors.OrderByDescending(tensor => tensor.Type).ThenBy(tensor => tensor.Utf8Name, Utf8Order.Instance)];

    private byte[] Prologue(List<Pending> tensors)
    {
        byte[] header = SafetensorsHeaderText.Of(Metadata, tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.Shape, tensor.Bytes)));
        var prologue = new byte[sizeof(ulong) + header.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(prologue, (ulong)header.Length);
        header.CopyTo(prologue, sizeof(ulong));
        return prologue;
    }

    private sealed record Pending(string Name, SafetensorsType Type, long[] Shape, long Bytes, Action<Stream> Write)
    {
        public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);
    }

    // The library compares names by their bytes, which is not how .NET compares characters beyond U+FFFF.
    private sealed class Utf8Order : IComparer<byte[]>
    {
        public static Utf8Order Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
