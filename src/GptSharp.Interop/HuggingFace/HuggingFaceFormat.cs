using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;

namespace GptSharp.Interop.HuggingFace;

/// <summary>The folders of Hugging Face's transformers: config.json, safetensors, generation_config.json and tokenizer.json.</summary>
public sealed class HuggingFaceFormat : IModelFormat
{
    /// <inheritdoc/>
    public string Name => "hf";

    /// <inheritdoc/>
    public IReadOnlyList<WeightType> WeightTypes { get; } = [WeightType.F32, WeightType.BF16, WeightType.F16];

    /// <inheritdoc/>
    public bool IsFolder => true;

    /// <inheritdoc/>
    public bool Recognizes(string path) => File.Exists(Path.Combine(path, ModelFolder.ConfigFile));

    /// <inheritdoc/>
    public ModelPackage Open(string path, Engine engine, Precision precision) =>
        new(ModelFolder.Load(path, engine, precision), tokenizer: null, GenerationDefaults.None);

    /// <inheritdoc/>
    public void Save(ModelPackage package, string path, ExportOptions options) => ModelFolder.Save(path, package.Model);
}
