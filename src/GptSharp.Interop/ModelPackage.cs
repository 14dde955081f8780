using GptSharp.Data.Tokenizers;
using GptSharp.Files;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop;

/// <summary>A whole model: weights, tokenizer and what generation needs, from whichever format. Disposing it frees the model.</summary>
/// <param name="model">The model, which the package owns from now on.</param>
/// <param name="tokenizer">How text becomes its tokens; null where the source has no tokenizer.</param>
/// <param name="generation">Its special tokens.</param>
public sealed class ModelPackage(Gpt model, ITokenizer? tokenizer, GenerationDefaults generation) : IDisposable
{
    /// <summary>The model.</summary>
    public Gpt Model { get; } = model;

    /// <summary>How text becomes the model's tokens; null where the source has no tokenizer.</summary>
    public ITokenizer? Tokenizer { get; } = tokenizer;

    /// <summary>The model's special tokens.</summary>
    public GenerationDefaults Generation { get; } = generation;

    /// <summary>Opens a model of any format that can be read (<see cref="ModelFormats.All"/>).</summary>
    /// <param name="path">A folder in Hugging Face layout, or a GGUF file.</param>
    /// <param name="engine">Where the model shall live.</param>
    /// <param name="precision">How its numbers are stored.</param>
    /// <exception cref="RefusedFileException">It is no model, damaged, or of an architecture that cannot be built here.</exception>
    public static ModelPackage Open(string path, Engine engine, Precision precision) =>
        ModelFormats.Of(path).Open(path, engine, precision);

    /// <summary>Writes the model in a format; it appears whole or not at all, and nothing is replaced.</summary>
    /// <param name="path">The file or folder to make; a folder may be there if it is empty.</param>
    /// <param name="format">The format.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ConfigurationException">The format has no such type, or no place for such a model or tokenizer.</exception>
    /// <exception cref="IOException">Something is there already, or the disk is full or refuses.</exception>
    public void Save(string path, IModelFormat format, ExportOptions options)
    {
        CheckVocabulary();
        if (!format.WeightTypes.Contains(options.Type))
        {
            throw new ConfigurationException(
                $"the format {format.Name} has no type {Name(options.Type)}; it has {string.Join(", ", format.WeightTypes.Select(Name))}.");
        }

        if (File.Exists(path) || (Directory.Exists(path) && (!format.IsFolder || Directory.EnumerateFileSystemEntries(path).Any())))
        {
            throw new IOException($"{path} is already there, and nothing is overwritten; choose another name, or remove it first.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        if (format.IsFolder)
        {
            AtomicFolder.Write(path, folder => format.Save(this, folder, options));
        }
        else
        {
            format.Save(this, path, options);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    // A tokenizer may know fewer tokens than the model's table has rows, which are often padded, but not more.
    private void CheckVocabulary()
    {
        if (Tokenizer is { } tokenizer && tokenizer.VocabularySize > Model.Config.VocabularySize)
        {
            throw new ConfigurationException(
                $"the tokenizer has {tokenizer.VocabularySize} tokens, but the model only {Model.Config.VocabularySize}; give the model the tokenizer that it was trained with.");
        }
    }

    private static string Name(WeightType type) => type.ToString().ToLowerInvariant();
}
