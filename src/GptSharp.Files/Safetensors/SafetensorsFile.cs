using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Files.Safetensors;

/// <summary>
/// A safetensors file opened for reading: 8 bytes of header length, a JSON header, then the tensors' bytes, little-endian. Only
/// the header is in memory. The format: https://github.com/huggingface/safetensors.
/// </summary>
public sealed class SafetensorsFile : ITensorFile
{
    private const int LengthBytes = 8;

    // As in the reference implementation: a longer header is an attack or an accident.
    private const long LargestHeader = 100_000_000;

    // Bytes that are in memory at once while a tensor is streamed.
    private const int PieceBytes = 1 << 20;

    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        long length = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[LengthBytes];
        if (length < LengthBytes || RandomAccess.Read(handle, prefix, 0) != LengthBytes)
        {
            throw new RefusedFileException(path, $"it is no safetensors file: it has only {length} bytes.");
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > LargestHeader || (long)headerLength > length - LengthBytes)
        {
            throw new RefusedFileException(
                path, $"it is truncated or no safetensors file: its header claims {headerLength} bytes, and {length - LengthBytes} follow.");
        }

        var header = new byte[headerLength];
        ReadFully(header, LengthBytes);
        _dataStart = LengthBytes + (long)headerLength;
        (List<SafetensorsEntry> entries, Dictionary<string, string> metadata) =
            SafetensorsHeader.Parse(path, header, length - _dataStart);
        (Entries, Metadata) = (entries, metadata);
        _byName = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>All tensors, in the header's order.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>Free-form notes of whoever wrote the file.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    public string Format => "safetensors";

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors => [.. Entries.Select(entry => entry.Info)];

    /// <inheritdoc/>
    JsonObject ITensorFile.Metadata => new(Metadata.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)item.Value)));

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="RefusedFileException">The file is not a sound safetensors file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path);
        try
        {
            return new SafetensorsFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>The tensor of that name, or null.</summary>
    public SafetensorsEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="RefusedFileException">There is none.</exception>
    public SafetensorsEntry this[string name] =>
        Find(name) ?? throw new RefusedFileException(Path, $"it holds no tensor '{name}'.");

    /// <summary>Reads raw bytes of a tensor.</summary>
    /// <param name="entry">The tensor.</param>
    /// <param name="start">First byte, counted from the tensor's start.</param>
    /// <param name="destination">Receives the bytes.</param>
    public void ReadBytes(SafetensorsEntry entry, long start, Span<byte> destination)
    {
        if (start < 0 || start + destination.Length > entry.ByteLength)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"Tensor '{entry.Name}' has {entry.ByteLength} bytes.");
        }

        ReadFully(destination, _dataStart + entry.Offset + start);
    }

    /// <summary>All elements of a float tensor, widened to double.</summary>
    /// <exception cref="RefusedFileException">No such tensor, or not a float type.</exception>
    public double[] ReadDoubles(string name)
    {
        SafetensorsEntry entry = this[name];
        return entry.Type == SafetensorsType.F64 ? Read<double>(entry) : Array.ConvertAll(ReadSingles(name), value => (double)value);
    }

    /// <summary>All elements of a float tensor as float32; float64 is rounded.</summary>
    /// <exception cref="RefusedFileException">No such tensor, or not a float type.</exception>
    public float[] ReadSingles(string name)
    {
        SafetensorsEntry entry = this[name];
        if (entry.Type.IsInteger() || entry.Type == SafetensorsType.C64)
        {
            throw new RefusedFileException(Path, $"tensor '{name}' has type {entry.Type}; a float type is needed.");
        }

        var values = new float[entry.Count];
        int done = 0;
        ReadFloats(entry, piece =>
        {
            piece.CopyTo(values.AsSpan(done));
            done += piece.Length;
        });
        return values;
    }

    /// <inheritdoc/>
    public void ReadComparable(TensorInfo tensor, Action<ReadOnlySpan<byte>> receive)
    {
        SafetensorsEntry entry = this[tensor.Name];
        if (entry.Type.IsInteger())
        {
            ReadPieces(entry, receive);
        }
        else
        {
            ReadFloats(entry, piece => receive(MemoryMarshal.AsBytes(piece)));
        }
    }

    /// <summary>Hands over a tensor's stored bytes, from first to last.</summary>
    /// <param name="entry">The tensor.</param>
    /// <param name="receive">Receives each piece; all but the last hold a multiple of 24 bytes.</param>
    public void ReadPieces(SafetensorsEntry entry, Action<ReadOnlySpan<byte>> receive)
    {
        // A multiple of eight, for wide types, and of three, for packed ones.
        const int whole = PieceBytes / 24 * 24;
        var piece = new byte[Math.Min(whole, entry.ByteLength)];
        for (long start = 0; start < entry.ByteLength; start += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, entry.ByteLength - start));
            ReadBytes(entry, start, part);
            receive(part);
        }
    }

    /// <summary>All elements of an I32 or I64 tensor.</summary>
    /// <exception cref="RefusedFileException">No such tensor, or another type.</exception>
    public long[] ReadIntegers(string name)
    {
        SafetensorsEntry entry = this[name];
        return entry.Type switch
        {
            SafetensorsType.I64 => Read<long>(entry),
            SafetensorsType.I32 => Array.ConvertAll(Read<int>(entry), value => (long)value),
            _ => throw new RefusedFileException(Path, $"tensor '{name}' has type {entry.Type}; I32 or I64 is needed."),
        };
    }

    private T[] Read<T>(SafetensorsEntry entry)
        where T : unmanaged
    {
        var values = new T[entry.Count];
        const int piece = 1 << 20;
        for (long start = 0; start < values.LongLength; start += piece)
        {
            int count = (int)Math.Min(piece, values.LongLength - start);
            Span<T> part = values.AsSpan((int)start, count);
            ReadBytes(entry, start * Marshal.SizeOf<T>(), MemoryMarshal.AsBytes(part));
        }

        return values;
    }

    private void ReadFloats(SafetensorsEntry entry, Action<ReadOnlySpan<float>> receive)
    {
        int bits = entry.Type == SafetensorsType.C64 ? SafetensorsType.F32.Bits() : entry.Type.Bits();
        float[] values = [];
        ReadPieces(entry, bytes =>
        {
            int count = (int)(bytes.Length * 8L / bits);
            values = values.Length < count ? new float[count] : values;
            SafetensorsValues.Decode(entry.Type, bytes, values.AsSpan(0, count));
            receive(values.AsSpan(0, count));
        });
    }

    private void ReadFully(Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            int read = RandomAccess.Read(_handle, destination, offset);
            if (read == 0)
            {
                throw new RefusedFileException(Path, $"it ended at byte {offset} while it was being read.");
            }

            destination = destination[read..];
            offset += read;
        }
    }
}
