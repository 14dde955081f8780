using Microsoft.Win32.SafeHandles;

namespace GptSharp.Files.Gguf;

/// <summary>
/// A GGUF file opened for reading, versions 2 and 3, little-endian: a header, keys with values, descriptions of tensors, then the tensors'
/// bytes, each padded to the alignment. Keys and descriptions are in memory, tensors are not. What llama.cpp refuses is refused here.
/// The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;
    private readonly Dictionary<string, GgufTensorInfo> _byName;

    private GgufFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        var header = new GgufHeader(new GgufReader(path, handle));
        (Version, Alignment, Metadata, Tensors, _dataStart) =
            (header.Version, header.Alignment, header.Metadata, header.Tensors, header.DataStart);
        _byName = Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Version of the format: 2 or 3, which differ in nothing that is read here.</summary>
    public int Version { get; }

    /// <summary>Every tensor begins at a multiple of this many bytes.</summary>
    public long Alignment { get; }

    /// <summary>Keys and values, in the file's order.</summary>
    public IReadOnlyList<KeyValuePair<string, GgufValue>> Metadata { get; }

    /// <summary>All tensors, in the file's order.</summary>
    public IReadOnlyList<GgufTensorInfo> Tensors { get; }

    /// <summary>Opens a file and checks everything but the tensors' values.</summary>
    /// <exception cref="RefusedFileException">The file is not a sound GGUF file.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static GgufFile Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path);
        try
        {
            return new GgufFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    /// <summary>The value of a key, or null.</summary>
    public GgufValue? Value(string key)
    {
        foreach ((string name, GgufValue value) in Metadata)
        {
            if (name == key)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>The tensor of that name, or null.</summary>
    public GgufTensorInfo? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="RefusedFileException">There is none.</exception>
    public GgufTensorInfo this[string name] =>
        Find(name) ?? throw new RefusedFileException(Path, $"it holds no tensor '{name}'.");

    /// <summary>Reads raw bytes of a tensor.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="start">First byte, counted from the tensor's start.</param>
    /// <param name="destination">Receives the bytes.</param>
    public void ReadBytes(GgufTensorInfo tensor, long start, Span<byte> destination)
    {
        if (start < 0 || start > tensor.ByteLength - destination.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(start), $"Tensor '{tensor.Name}' has {tensor.ByteLength} bytes.");
        }

        long position = _dataStart + tensor.Offset + start;
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(_handle, destination, position);
            if (read == 0)
            {
                throw new RefusedFileException(Path, "it became shorter while it was read.");
            }

            destination = destination[read..];
            position += read;
        }
    }

    /// <summary>All elements of a tensor as float32, piece by piece, in order; F64 is rounded.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="receive">Receives each piece; it must copy what it keeps.</param>
    /// <exception cref="RefusedFileException">Its type cannot be turned into floats here.</exception>
    public void ReadSingles(GgufTensorInfo tensor, Action<ReadOnlyMemory<float>> receive)
    {
        if (!tensor.Type.IsReadable())
        {
            throw new RefusedFileException(
                Path, $"tensor '{tensor.Name}' has the type {tensor.Type}; values of F32, F16, BF16, F64, Q8_0 and Q4_0 can be read.");
        }

        (int blockElements, int blockBytes) = tensor.Type.Block();
        const int pieceBlocks = 1 << 11;
        long blocks = tensor.Count / blockElements;
        var bytes = new byte[(int)Math.Min(blocks, pieceBlocks) * blockBytes];
        var values = new float[(int)Math.Min(blocks, pieceBlocks) * blockElements];
        for (long block = 0; block < blocks; block += pieceBlocks)
        {
            int count = (int)Math.Min(pieceBlocks, blocks - block);
            ReadBytes(tensor, block * blockBytes, bytes.AsSpan(0, count * blockBytes));
            Memory<float> piece = values.AsMemory(0, count * blockElements);
            GgufQuantization.Dequantize(tensor.Type, bytes.AsSpan(0, count * blockBytes), piece.Span);
            receive(piece);
        }
    }

    /// <summary>All elements of a tensor as float32.</summary>
    /// <exception cref="RefusedFileException">There is no such tensor, or its type cannot be turned into floats here.</exception>
    public float[] ReadSingles(string name)
    {
        GgufTensorInfo tensor = this[name];
        if (tensor.Count > Array.MaxLength)
        {
            throw new RefusedFileException(Path, $"tensor '{name}' of shape {tensor.ShapeText} is larger than can be loaded here.");
        }

        var values = new float[tensor.Count];
        int filled = 0;
        ReadSingles(tensor, piece =>
        {
            piece.CopyTo(values.AsMemory(filled));
            filled += piece.Length;
        });
        return values;
    }
}
