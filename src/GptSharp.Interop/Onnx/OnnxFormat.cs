using GptSharp.Files;
using GptSharp.Files.Onnx;
using GptSharp.Interop.HuggingFace;
using GptSharp.Tensors;

namespace GptSharp.Interop.Onnx;

/// <summary>ONNX with a cache of past keys and values, and the files that transformers.js wants beside it. Written, not read.</summary>
public sealed class OnnxFormat : IModelFormat
{
    /// <summary>The most bytes of the graph's file, beyond which its tensors go to files beside it.</summary>
    internal long LargestFile { get; init; } = OnnxWriter.LargestFile;

    /// <inheritdoc/>
    public string Name => "onnx";

    /// <inheritdoc/>
    public IReadOnlyList<WeightType> WeightTypes { get; } = [WeightType.F32, WeightType.F16];

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
        // The names that transformers.js has for the types.
        bool isHalf = options.Type == WeightType.F16;
        string file = Path.Combine(path, "onnx", isHalf ? "model_fp16.onnx" : "model.onnx");
        OnnxGraph graph = GptGraph.Of(package.Model, isHalf ? OnnxType.FLOAT16 : OnnxType.FLOAT);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        int externalFiles = OnnxWriter.Save(file, graph, LargestFile);
        OnnxConfigFile.Write(package, path, externalFiles, isHalf ? "fp16" : null);
        HuggingFaceFormat.SaveSideFiles(package, path);
    }
}
