using System.Text;

namespace GptSharp.Files.Gguf;

/// <summary>
/// Collects metadata and tensors and writes them as one GGUF file of version 3. A tensor's values are asked for only when they are written,
/// so a model is never in memory twice.
/// </summary>
public sealed class GgufWriter
{
    private const uint Version = 3;
    private const int PieceElements = 1 << 16;      // whole blocks of every type

    private readonly List<KeyValuePair<string, GgufValue>> _metadata = [];
    private readonly List<(GgufTensorInfo Tensor, Func<float[]> Values)> _tensors = [];

    /// <summary>Adds a key.</summary>
    /// <exception cref="ArgumentException">The key stands there already, or is none.</exception>
    public void Add(string key, GgufValue value)
    {
        if (key is "" or GgufHeader.AlignmentKey || Encoding.UTF8.GetByteCount(key) > GgufHeader.LargestKey || _metadata.Exists(pair => pair.Key == key))
        {
            throw new ArgumentException($"'{key}' is no key of the caller's, or stands there already.", nameof(key));
        }

        _metadata.Add(new(key, value));
    }

    /// <summary>Adds a tensor whose values come later.</summary>
    /// <param name="name">Its name, at most 63 bytes.</param>
    /// <param name="type">F32, F16, BF16, Q8_0 or Q4_0.</param>
    /// <param name="shape">Axis lengths, outermost first.</param>
    /// <param name="values">Gives all elements, row-major.</param>
    /// <exception cref="ArgumentException">Such a tensor has no place in a GGUF file.</exception>
    public void Add(string name, GgufTensorType type, IReadOnlyList<long> shape, Func<float[]> values)
    {
        (int blockElements, int blockBytes) = type.Block();
        long count = shape.Aggregate(1L, (product, length) => checked(product * length));
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > GgufHeader.LargestName || shape.Count > GgufHeader.MostAxes
            || (shape.Count == 0 ? 1 : shape[^1]) % blockElements != 0 || _tensors.Exists(tensor => tensor.Tensor.Name == name))
        {
            throw new ArgumentException($"A tensor '{name}' of shape ({string.Join(", ", shape)}) and type {type} has no place in a GGUF file.", nameof(name));
        }

        long offset = _tensors.Count == 0 ? 0 : Padded(_tensors[^1].Tensor.Offset + _tensors[^1].Tensor.ByteLength);
        _tensors.Add((new GgufTensorInfo(name, type, [.. shape], count, offset, checked(count / blockElements * blockBytes)), values));
    }

    /// <summary>Writes a file that appears whole or not at all.</summary>
    /// <exception cref="IOException">The disk is full or refuses; or a value has no place in the type of its tensor.</exception>
    public void Save(string path) => AtomicFile.Write(path, stream =>
    {
        try
        {
            Write(stream);
        }
        catch (OverflowException exception)
        {
            throw new RefusedFileException(path, exception.Message, exception);
        }
    });

    /// <summary>Writes header and tensors, in the order in which they were added.</summary>
    /// <exception cref="OverflowException">A value has no place in the type of its tensor; the message names the tensor.</exception>
    public void Write(Stream stream)
    {
        byte[] header = Header();
        stream.Write(header);
        Pad(stream, _tensors.Count == 0 ? 0 : header.Length);
        foreach ((GgufTensorInfo tensor, Func<float[]> values) in _tensors)
        {
            float[] elements = values();
            if (elements.LongLength != tensor.Count)
            {
                throw new InvalidOperationException($"Tensor '{tensor.Name}' has {elements.LongLength} values instead of {tensor.Count}.");
            }

            Write(stream, tensor, elements);
            Pad(stream, tensor.ByteLength);
        }
    }

    private static void Write(Stream stream, GgufTensorInfo tensor, float[] elements)
    {
        (int blockElements, int blockBytes) = tensor.Type.Block();
        var bytes = new byte[PieceElements / blockElements * blockBytes];
        for (int start = 0; start < elements.Length; start += PieceElements)
        {
            ReadOnlySpan<float> piece = elements.AsSpan(start, Math.Min(PieceElements, elements.Length - start));
            Span<byte> stored = bytes.AsSpan(0, piece.Length / blockElements * blockBytes);
            try
            {
                GgufQuantization.Quantize(tensor.Type, piece, stored);
            }
            catch (OverflowException exception)
            {
                throw new OverflowException(
                    $"tensor '{tensor.Name}' cannot be stored as {tensor.Type}: {exception.Message}; take F32 or BF16.", exception);
            }

            stream.Write(stored);
        }
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(Stream stream, long length)
    {
        Span<byte> zeros = stackalloc byte[GgufHeader.DefaultAlignment];
        zeros.Clear();
        stream.Write(zeros[..(int)(Padded(length) - length)]);
    }

    private static long Padded(long length) =>
        (length + GgufHeader.DefaultAlignment - 1) / GgufHeader.DefaultAlignment * GgufHeader.DefaultAlignment;

    private byte[] Header()
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);        // little-endian on every machine
        writer.Write(GgufHeader.Magic);
        writer.Write(Version);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_metadata.Count);
        foreach ((string key, GgufValue value) in _metadata)
        {
            WriteText(writer, key);
            writer.Write((uint)value.Type);
            if (value.Type == GgufValueType.Array)
            {
                writer.Write((uint)value.ElementType);
                writer.Write((ulong)value.Count);
            }

            writer.Write(value.Bytes.Span);
        }

        foreach ((GgufTensorInfo tensor, _) in _tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Count);
            foreach (long length in tensor.Shape.Reverse())
            {
                writer.Write((ulong)length);
            }

            writer.Write((uint)tensor.Type);
            writer.Write((ulong)tensor.Offset);
        }

        writer.Flush();
        return buffer.ToArray();
    }
}
