using GptSharp.Files;
using GptSharp.Interop.Gguf;
using GptSharp.Interop.HuggingFace;
using GptSharp.Interop.Onnx;

namespace GptSharp.Interop;

/// <summary>The formats of whole models.</summary>
public static class ModelFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<IModelFormat> All { get; } = [new HuggingFaceFormat(), new GgufFormat(), new OnnxFormat()];

    /// <summary>The format of that name, or null.</summary>
    public static IModelFormat? Find(string name) => All.FirstOrDefault(format => format.Name == name);

    /// <summary>The format of a file or folder.</summary>
    /// <exception cref="RefusedFileException">There is nothing there, or nothing that is a model.</exception>
    public static IModelFormat Of(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new RefusedFileException(path, "there is no such file or folder.");
        }

        return All.FirstOrDefault(format => format.Recognizes(path)) ?? throw new RefusedFileException(
            path, "it is no model; a folder with config.json and model.safetensors, or a .gguf file, is expected.");
    }
}
