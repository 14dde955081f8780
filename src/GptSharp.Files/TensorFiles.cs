using System.Buffers.Binary;
using GptSharp.Files.Gguf;
using GptSharp.Files.Onnx;
using GptSharp.Files.Safetensors;

namespace GptSharp.Files;

/// <summary>Opens files of tensors by what they hold, whatever they are called.</summary>
public static class TensorFiles
{
    private const int StartBytes = 9;

    /// <summary>Opens a safetensors, GGUF or ONNX file.</summary>
    /// <exception cref="RefusedFileException">It is damaged, a pickle, or of no format that is known here.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static ITensorFile Open(string path)
    {
        byte[] start = Start(path);
        string ending = Path.GetExtension(path).ToLowerInvariant();
        if (start.AsSpan().StartsWith("GGUF"u8) || ending == ".gguf")
        {
            return new GgufTensorFile(GgufFile.Open(path));
        }

        if (ending == ".safetensors" || BeginsLikeSafetensors(start))
        {
            return SafetensorsFile.Open(path);
        }

        if (ending == ".onnx" || BeginsLikeOnnx(start))
        {
            return OnnxFile.Open(path);
        }

        throw PickleFile.BeginsLikeOne(start) || PickleFile.IsNamedLikeOne(path)
            ? PickleFile.Refusal(path)
            : new RefusedFileException(path, "it is no safetensors, GGUF or ONNX file.");
    }

    /// <summary>Whether a file begins as GGUF or safetensors files do, whatever it is called.</summary>
    public static bool BeginsLikeOne(string path)
    {
        byte[] start = Start(path);
        return start.AsSpan().StartsWith("GGUF"u8) || BeginsLikeSafetensors(start);
    }

    // The length of the header, then its opening brace.
    private static bool BeginsLikeSafetensors(byte[] start) =>
        start.Length == StartBytes && start[^1] == '{' && BinaryPrimitives.ReadUInt64LittleEndian(start) < int.MaxValue;

    // The version of the format as field 1, then the producer or another field of the model.
    private static bool BeginsLikeOnnx(byte[] start) => start is [0x08, < 0x20, 0x12 or 0x1A or 0x22 or 0x3A or 0x42, ..];

    private static byte[] Start(string path)
    {
        using FileStream stream = File.OpenRead(path);
        var start = new byte[StartBytes];
        return start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
    }
}
