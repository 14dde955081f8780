using GptSharp.Tensors;

namespace GptSharp.Interop.Gguf;

/// <summary>GGUF, the files of llama.cpp.</summary>
public sealed class GgufFormat : IModelFormat
{
    /// <inheritdoc/>
    public string Name => "gguf";

    /// <inheritdoc/>
    public IReadOnlyList<WeightType> WeightTypes { get; } =
        [WeightType.F32, WeightType.F16, WeightType.BF16, WeightType.Q8_0, WeightType.Q4_0];

    /// <inheritdoc/>
    public bool IsFolder => false;

    /// <inheritdoc/>
    public bool Recognizes(string path) => File.Exists(path) && path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public ModelPackage Open(string path, Engine engine, Precision precision) => throw new NotSupportedException();

    /// <inheritdoc/>
    public void Save(ModelPackage package, string path, ExportOptions options) => throw new NotSupportedException();
}
