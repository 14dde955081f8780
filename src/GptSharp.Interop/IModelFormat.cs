using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop;

/// <summary>A format that whole models are read from, written to, or both.</summary>
public interface IModelFormat
{
    /// <summary>Its name on the command line, for example <c>hf</c>.</summary>
    string Name { get; }

    /// <summary>The types that it can store weights in; the first is the usual one.</summary>
    IReadOnlyList<WeightType> WeightTypes { get; }

    /// <summary>Whether a written model is a folder rather than a file.</summary>
    bool IsFolder { get; }

    /// <summary>Whether a file or folder seems to be of this format, by its name and first bytes.</summary>
    bool Recognizes(string path);

    /// <summary>Reads a model.</summary>
    /// <exception cref="RefusedFileException">It is damaged, or no model that can be built here.</exception>
    ModelPackage Open(string path, Engine engine, Precision precision);

    /// <summary>Writes a model; <see cref="ModelPackage.Save"/> calls it once it has checked type and place.</summary>
    /// <param name="package">The model.</param>
    /// <param name="path">A folder that is there and empty, or a file that is not there.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ConfigurationException">The format has no place for such a model or tokenizer; the sentence names what.</exception>
    /// <exception cref="IOException">The disk is full or refuses.</exception>
    void Save(ModelPackage package, string path, ExportOptions options);
}
