using GptSharp.Nn;
using GptSharp.Training.Checkpoints;

namespace GptSharp.Training.Configuration;

/// <summary>Turns YAML and command-line overrides into a validated <see cref="RunConfig"/>.</summary>
public static class RunConfigReader
{
    /// <summary>Reads a file. A run without a name gets the file's.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="overrides">Assignments such as <c>train.lr=1e-3</c>, which win over the file; a later one wins over an earlier one.</param>
    /// <returns>The configuration, validated.</returns>
    /// <exception cref="ConfigurationException">
    /// The file is missing or not YAML, or a key is unknown, ill-typed, out of range or contradicts another. The sentence names file, line
    /// and key.
    /// </exception>
    public static RunConfig Load(string path, IEnumerable<string>? overrides = null)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException(Missing(path), null, path);
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(path))
        {
            throw new ConfigurationException("this is a folder; give a YAML file.", null, path);
        }

        RunConfig config = Parse(text, path, overrides, ModelStart.SectionOf);
        return config.Train.Name is null ? config with { Train = config.Train with { Name = Path.GetFileNameWithoutExtension(path) } } : config;
    }

    /// <summary>Reads a text.</summary>
    /// <param name="yaml">The YAML.</param>
    /// <param name="origin">What messages call the text, usually its path.</param>
    /// <param name="overrides">Assignments such as <c>train.lr=1e-3</c>, which win over the text.</param>
    /// <returns>The configuration, validated.</returns>
    /// <exception cref="ConfigurationException">As for <see cref="Load"/>.</exception>
    public static RunConfig Parse(string yaml, string origin, IEnumerable<string>? overrides = null) => Parse(yaml, origin, overrides, start: null);

    /// <summary>The configuration of a run with a model that exists, all other keys as usual.</summary>
    /// <param name="shape">The model's shape.</param>
    /// <param name="origin">What messages call it, usually its folder.</param>
    /// <param name="overrides">Assignments such as <c>train.lr=1e-3</c>.</param>
    /// <returns>The configuration, validated.</returns>
    /// <exception cref="ConfigurationException">As for <see cref="Load"/>.</exception>
    public static RunConfig Of(GptConfig shape, string origin, IEnumerable<string>? overrides = null)
    {
        RunConfig config = Parse("train:\n  init: there\n", origin, overrides, _ => new ModelSection().From(shape));
        return config with { Train = config.Train with { Init = null } };
    }

    // A run's own record of its configuration has every key of the model; only what a person wrote needs the shape of train.init.
    private static RunConfig Parse(string yaml, string origin, IEnumerable<string>? overrides, Func<string, ModelSection>? start)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        Dictionary<string, GivenValue> given = YamlSettings.Read(yaml, origin);
        foreach (string assignment in overrides ?? [])
        {
            (string key, GivenValue value) = ReadOverride(assignment);
            given[key] = value;
        }

        RunConfig config = new();
        if (start is not null && given.TryGetValue("train.init", out GivenValue? init) && TrainSettings.Init.Apply(config, init).Train.Init is { } source)
        {
            config = config with { Model = start(source) };
        }

        foreach (Setting setting in Settings.All)
        {
            if (given.TryGetValue(setting.Key, out GivenValue? value))
            {
                config = setting.Apply(config, value);
            }
        }

        try
        {
            return config.Validate();
        }
        catch (ConfigurationException error)
        {
            GivenValue? place = error.Key is null ? null : given.GetValueOrDefault(error.Key);
            throw new ConfigurationException(error.Problem, error.Key, place?.Origin ?? origin, place?.Line);
        }
    }

    private static (string Key, GivenValue Value) ReadOverride(string assignment)
    {
        string origin = $"--set {assignment}";
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new ConfigurationException("expected section.key=value, for example --set train.lr=1e-3.", null, origin);
        }

        string key = assignment[..equals].Trim();
        return Settings.TryFind(key) is null
            ? throw YamlSettings.UnknownKey(key, origin, null)
            : (key, new GivenValue(assignment[(equals + 1)..], false, origin, null));
    }

    private static string Missing(string path)
    {
        string folder = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
        IEnumerable<string> files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*.yaml") : [];
        IEnumerable<string> names = files.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);
        string hint = NearestName.Find(Path.GetFileName(path), names) is { } nearest ? $"; did you mean {Path.Combine(folder, nearest)}?" : ".";
        return "there is no such file" + hint;
    }
}
