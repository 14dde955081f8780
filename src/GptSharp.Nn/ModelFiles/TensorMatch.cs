using GptSharp.Files;
using GptSharp.Files.Safetensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// Compares the names and shapes in a file with those that a configuration asks for: against the header, before any memory is taken, since
/// a wrong configuration may ask for any amount. Everything that does not fit is listed at once.
/// </summary>
internal sealed class TensorMatch(WeightFiles file, GptConfig config, ModelLayout layout)
{
    private const string Head = "lm_head.weight";

    // A configuration may claim billions of layers. Whoever meets so many faults needs no more of them.
    private const int MostFaults = 10_000;

    private readonly List<string> _faults = [];

    /// <summary>Which place in the model each tensor of the file has.</summary>
    /// <exception cref="RefusedFileException">Tensors are missing, left over, or of another shape; the sentence names each.</exception>
    public Dictionary<string, ModelTensor> Places()
    {
        bool hasPrefix = file.Entries.Any(entry => entry.Name.StartsWith(layout.Prefix, StringComparison.Ordinal));
        string WithoutPrefix(string name) =>
            name.StartsWith(layout.Prefix, StringComparison.Ordinal) ? name[layout.Prefix.Length..] : name;

        var places = new Dictionary<string, ModelTensor>(StringComparer.Ordinal);
        foreach (ModelTensor tensor in layout.Tensors(config))
        {
            string name = hasPrefix ? tensor.Name : WithoutPrefix(tensor.Name);
            places.Add(name, tensor);
            CheckShape(name, tensor);
            if (_faults.Count == MostFaults)
            {
                throw new RefusedFileException(file.Path, string.Join("; ", _faults) + "; and so on.");
            }
        }

        foreach (SafetensorsEntry entry in file.Entries.Where(entry => !places.ContainsKey(entry.Name) && !layout.IsBuffer(entry.Name)))
        {
            CheckSurplus(entry, (hasPrefix ? layout.Prefix : "") + layout.Embedding);
        }

        return _faults.Count == 0 ? places : throw new RefusedFileException(file.Path, string.Join("; ", _faults) + ".");
    }

    private void CheckShape(string name, ModelTensor tensor)
    {
        if (file.Find(name) is not { } entry)
        {
            _faults.Add($"it holds no tensor '{name}'");
        }
        else if (!entry.Shape.SequenceEqual(tensor.Shape))
        {
            _faults.Add($"tensor '{name}' has shape {entry.ShapeText}, but config.json asks for ({string.Join(", ", tensor.Shape)})");
        }
        else if (entry.Type.IsInteger() || entry.Type == SafetensorsType.C64)
        {
            _faults.Add($"tensor '{name}' has type {entry.Type}, but a float type is needed");
        }
    }

    // Some writers store the tied head as well. A head that differs would be ignored here, and used by transformers.
    private void CheckSurplus(SafetensorsEntry entry, string embedding)
    {
        if (entry.Name != Head)
        {
            _faults.Add($"it holds tensor '{entry.Name}', for which the model that config.json describes has no place");
        }
        else if (_faults.Count == 0 && !file.ReadDoubles(Head).SequenceEqual(file.ReadDoubles(embedding)))
        {
            _faults.Add(
                $"tensor '{Head}' differs from '{embedding}', although config.json ties them; set tie_word_embeddings to false, or remove it");
        }
    }
}
