using System.Text.Json.Nodes;

namespace GptSharp.Files;

/// <summary>
/// A file that holds tensors: safetensors, GGUF or ONNX. Opening one checks its structure; the tensors' bytes stay on the disk until they
/// are asked for.
/// </summary>
public interface ITensorFile : IDisposable
{
    /// <summary>The file.</summary>
    string Path { get; }

    /// <summary>The format's name: <c>safetensors</c>, <c>gguf</c>, <c>onnx</c>.</summary>
    string Format { get; }

    /// <summary>Everything that the file says beside its tensors, in the file's order.</summary>
    JsonObject Metadata { get; }

    /// <summary>All tensors, in the file's order.</summary>
    IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>
    /// Hands over a tensor's values piece by piece, from first to last, as two programs that read the same tensor would compare them: floats
    /// of every type, quantized ones included, as little-endian float32; of integers and truth values the stored bytes.
    /// </summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="receive">Receives each piece.</param>
    /// <exception cref="RefusedFileException">The file ended while it was being read.</exception>
    void ReadComparable(TensorInfo tensor, Action<ReadOnlySpan<byte>> receive);
}
