using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using GptSharp.Files.Protobuf;
using GptSharp.Files.Safetensors;
using Microsoft.Win32.SafeHandles;

namespace GptSharp.Files.Onnx;

/// <summary>
/// An ONNX file opened for reading: what it says about itself, its inputs and outputs, how often it has which operator, and the tensors
/// that belong to its graph. Operations are counted, not kept, and nothing is run.
/// </summary>
public sealed class OnnxFile : ITensorFile
{
    private readonly SafeFileHandle _handle;
    private readonly ProtobufReader _reader;
    private readonly OnnxExternalFiles _externalFiles;
    private readonly Dictionary<string, OnnxTensorSource> _sources;

    private OnnxFile(string path, SafeFileHandle handle)
    {
        (Path, _handle) = (path, handle);
        _reader = new ProtobufReader(path, handle);
        _externalFiles = new OnnxExternalFiles(path);
        var model = new OnnxModelReader(_reader, _externalFiles);
        model.Read();
        Metadata = model.Metadata();
        Tensors = [.. model.Tensors.Select(tensor => new TensorInfo(tensor.Name, tensor.Type.ToString(), tensor.Shape))];
        _sources = model.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public string Format => "onnx";

    /// <inheritdoc/>
    public JsonObject Metadata { get; }

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Opens a file and checks it.</summary>
    /// <exception cref="RefusedFileException">The file is not a sound ONNX file, or has data outside of its folder.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static OnnxFile Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path);
        try
        {
            return new OnnxFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <inheritdoc/>
    public void ReadComparable(TensorInfo tensor, Action<ReadOnlySpan<byte>> receive)
    {
        OnnxTensorSource source = _sources[tensor.Name];
        if (FloatType(source.Type) is not { } type)
        {
            ReadStored(source, receive);
            return;
        }

        var values = new float[ProtobufReader.PieceBytes * 8 / type.Bits()];
        long left = source.Type is OnnxType.COMPLEX64 or OnnxType.COMPLEX128 ? 2 * source.Count : source.Count;
        ReadStored(source, piece =>
        {
            // The last byte may be filled up.
            int count = (int)Math.Min(left, piece.Length * 8L / type.Bits());
            left -= count;
            SafetensorsValues.Decode(type, piece, values.AsSpan(0, count));
            receive(MemoryMarshal.AsBytes(values.AsSpan(0, count)));
        });
    }

    // Pieces of whole elements.
    private void ReadStored(OnnxTensorSource source, Action<ReadOnlySpan<byte>> receive)
    {
        if (source.Count == 0)
        {
            return;
        }

        if (source.External is { } place)
        {
            using SafeFileHandle handle = File.OpenHandle(_externalFiles.FullPath(place.File));
            new ProtobufReader(place.File, handle) { Position = place.Offset }.Read(place.Offset + place.Length, receive);
        }
        else if (source.Bytes is { } start)
        {
            _reader.Position = start;
            _reader.Read(start + source.ByteLength, receive);
        }
        else
        {
            OnnxNumbers.Read(_reader, source, receive);
        }
    }

    // Floats have types of safetensors that are the same to the bit; a pair of halves of a complex number is two of them.
    private static SafetensorsType? FloatType(OnnxType type) => type switch
    {
        OnnxType.FLOAT or OnnxType.COMPLEX64 => SafetensorsType.F32,
        OnnxType.DOUBLE or OnnxType.COMPLEX128 => SafetensorsType.F64,
        OnnxType.FLOAT16 => SafetensorsType.F16,
        OnnxType.BFLOAT16 => SafetensorsType.BF16,
        OnnxType.FLOAT8E4M3FN => SafetensorsType.F8_E4M3,
        OnnxType.FLOAT8E4M3FNUZ => SafetensorsType.F8_E4M3FNUZ,
        OnnxType.FLOAT8E5M2 => SafetensorsType.F8_E5M2,
        OnnxType.FLOAT8E5M2FNUZ => SafetensorsType.F8_E5M2FNUZ,
        OnnxType.FLOAT8E8M0 => SafetensorsType.F8_E8M0,
        OnnxType.FLOAT4E2M1 => SafetensorsType.F4,
        _ => null,
    };
}
