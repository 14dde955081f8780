using System.Text.Json;
using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Files.Safetensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// The weights of a model folder: <c>model.safetensors</c>, or several files and <c>model.safetensors.index.json</c>, which says in which of them each
/// tensor stands. Where both are there the single file counts, as in transformers. No file outside the folder is opened, whatever an index says.
/// </summary>
public sealed class WeightFiles : ITensorFile
{
    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, (SafetensorsFile File, SafetensorsEntry Entry)> _tensors = new(StringComparer.Ordinal);

    private WeightFiles(string path) => Path = path;

    /// <summary>The single file, or the index: what messages name.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public string Format => "hf";

    /// <inheritdoc/>
    public JsonObject Metadata => new(_files.SelectMany(file => file.Metadata)
        .DistinctBy(item => item.Key)
        .Select(item => KeyValuePair.Create(item.Key, (JsonNode?)item.Value)));

    /// <inheritdoc/>
    public IReadOnlyList<TensorInfo> Tensors => [.. Entries.Select(entry => entry.Info)];

    /// <summary>The files.</summary>
    public IEnumerable<string> Paths => _files.Select(file => file.Path);

    /// <summary>All tensors of all files.</summary>
    public IEnumerable<SafetensorsEntry> Entries => _files.SelectMany(file => file.Entries);

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="RefusedFileException">A file is missing or damaged, or index and files contradict each other.</exception>
    public static WeightFiles Open(string folder)
    {
        string single = System.IO.Path.Combine(folder, ModelFolder.WeightsFile);
        string index = System.IO.Path.Combine(folder, ModelFolder.IndexFile);
        var files = new WeightFiles(File.Exists(single) || !File.Exists(index) ? single : index);
        try
        {
            if (File.Exists(single))
            {
                files.Add(OpenOwn(single));
            }
            else if (File.Exists(index))
            {
                files.AddShards(folder, index);
            }
            else
            {
                throw Missing(folder, single);
            }

            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of that name, or null.</summary>
    public SafetensorsEntry? Find(string name) => _tensors.TryGetValue(name, out (SafetensorsFile File, SafetensorsEntry Entry) found) ? found.Entry : null;

    /// <summary>All elements of a float tensor.</summary>
    public double[] ReadDoubles(string name) => _tensors[name].File.ReadDoubles(name);

    /// <inheritdoc/>
    public void ReadComparable(TensorInfo tensor, Action<ReadOnlySpan<byte>> receive) => _tensors[tensor.Name].File.ReadComparable(tensor, receive);

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(file => file.Dispose());

    private static RefusedFileException Missing(string folder, string single)
    {
        // What torch.save writes is a program that unpickling runs.
        string? pickle = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).FirstOrDefault(PickleFile.IsOne);
        return pickle is null
            ? new RefusedFileException(single, "it is missing; a model folder needs config.json and model.safetensors.")
            : PickleFile.Refusal(pickle);
    }

    private void Add(SafetensorsFile file)
    {
        _files.Add(file);
        foreach (SafetensorsEntry entry in file.Entries)
        {
            if (!_tensors.TryAdd(entry.Name, (file, entry)))
            {
                throw new RefusedFileException(file.Path, $"it holds tensor '{entry.Name}', which {_tensors[entry.Name].File.Path} holds, too.");
            }
        }
    }

    private void AddShards(string folder, string index)
    {
        using var settings = new JsonSettings(index);
        IReadOnlyDictionary<string, string> shards = settings.TextMap("weight_map");
        foreach (string shard in shards.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string path = System.IO.Path.Combine(folder, SafeName(index, shard));
            Add(File.Exists(path) ? OpenOwn(path) : throw new RefusedFileException(path, $"it is missing, though {index} names it."));
        }

        List<string> faults = [];
        foreach ((string name, string shard) in shards)
        {
            if (!_tensors.TryGetValue(name, out (SafetensorsFile File, SafetensorsEntry Entry) found))
            {
                faults.Add($"tensor '{name}' is in none of its files");
            }
            else if (System.IO.Path.GetFileName(found.File.Path) != shard)
            {
                faults.Add($"tensor '{name}' is not in {shard}, as weight_map says, but in {System.IO.Path.GetFileName(found.File.Path)}");
            }
        }

        faults.AddRange(_tensors.Values.Where(found => !shards.ContainsKey(found.Entry.Name))
            .Select(found => $"{System.IO.Path.GetFileName(found.File.Path)} holds tensor '{found.Entry.Name}', which weight_map lacks"));
        if (faults.Count > 0)
        {
            throw new RefusedFileException(index, string.Join("; ", faults) + ".");
        }
    }

    private static SafetensorsFile OpenOwn(string path)
    {
        LinkedFile.Refuse(path);
        return SafetensorsFile.Open(path);
    }

    private static string SafeName(string index, string shard)
    {
        // Separators of every system, so that a folder means the same everywhere.
        bool isPlain = shard.Length > 0 && shard.AsSpan().IndexOfAny("/\\:\0") < 0 && shard is not ("." or "..")
            && shard.EndsWith(".safetensors", StringComparison.Ordinal);
        return isPlain ? shard : throw new RefusedFileException(
            index, $"weight_map names the file {JsonSerializer.Serialize(shard)}; a .safetensors file in the same folder is expected, and nothing else is opened.");
    }
}
