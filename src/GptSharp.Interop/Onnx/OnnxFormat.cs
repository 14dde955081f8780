using GptSharp.Files;
using GptSharp.Files.Onnx;
using GptSharp.Tensors;

namespace GptSharp.Interop.Onnx;

/// <summary>ONNX with a cache of past keys and values, and the files that transformers.js wants beside it. Written, not read.</summary>
public sealed class OnnxFormat : IModelFormat
{
    /// <inheritdoc/>
    public string Name => "onnx";

    /// <inheritdoc/>
    public IReadOnlyList<WeightType> WeightTypes { get; } = [WeightType.F32];

    /// <inheritdoc/>
    public bool IsFolder => true;

    /// <inheritdoc/>
    public bool Recognizes(string path) => File.Exists(path) && path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public ModelPackage Open(string path, Engine engine, Precision precision) => throw new RefusedFileException(
        path, "an ONNX file is a graph of operations, not a model that can be built here; import the safetensors or GGUF file that it was made from.");

    /// <inheritdoc/>
    public void Save(ModelPackage package, string path, ExportOptions options)
    {
        string file = Path.Combine(path, "onnx", "model.onnx");
        OnnxGraph graph = GptGraph.Of(package.Model);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        OnnxWriter.Save(file, graph);
    }
}
