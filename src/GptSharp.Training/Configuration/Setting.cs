using GptSharp.Nn;

namespace GptSharp.Training.Configuration;

/// <summary>
/// One key of the configuration, declared as data: the same declaration drives parsing, <c>--set</c>, messages, the saved file, the
/// comparison on resume and the reference of all keys.
/// </summary>
public abstract class Setting
{
    private protected Setting(string key, string help, ResumeRule resume)
    {
        Key = key;
        Help = help;
        Resume = resume;
    }

    /// <summary>Full name: <c>section.key</c>.</summary>
    public string Key { get; }

    /// <summary>Part of <see cref="Key"/> before the dot.</summary>
    public string Section => Key[..Key.IndexOf('.', StringComparison.Ordinal)];

    /// <summary>Part of <see cref="Key"/> after the dot.</summary>
    public string Name => Key[(Key.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>What it does, in a sentence or two.</summary>
    public string Help { get; }

    /// <summary>What a valid value is, as a noun phrase: "a whole number of at least 1".</summary>
    public abstract string Expected { get; }

    /// <summary>Whether YAML may write the value as a list or as a key with a value.</summary>
    internal abstract bool TakesGroups { get; }

    /// <summary>Its value in a configuration that sets nothing, as YAML writes it.</summary>
    public string Default => Format(new RunConfig());

    /// <summary>What happens when a resumed run has another value.</summary>
    public ResumeRule Resume { get; }

    /// <summary>Its value in a configuration, as YAML writes it.</summary>
    /// <param name="config">The configuration.</param>
    /// <returns>A YAML scalar.</returns>
    public abstract string Format(RunConfig config);

    /// <summary>A configuration with this setting changed.</summary>
    /// <param name="config">The configuration to start from; not modified.</param>
    /// <param name="value">The value as the user wrote it.</param>
    /// <returns>The new configuration.</returns>
    /// <exception cref="ConfigurationException">The value is of the wrong type or out of range; the sentence names its place.</exception>
    internal abstract RunConfig Apply(RunConfig config, GivenValue value);
}

/// <summary>A value as the user wrote it.</summary>
/// <param name="Text">The scalar, without quotes.</param>
/// <param name="IsQuoted">Whether it stood in quotes, so that words such as <c>auto</c> mean themselves.</param>
/// <param name="Origin">The file or the command-line option.</param>
/// <param name="Line">Line in the file, from 1; null on the command line.</param>
internal sealed record GivenValue(string Text, bool IsQuoted, string Origin, int? Line);

/// <summary>A setting whose value is a <typeparamref name="T"/>.</summary>
internal sealed class Setting<T>(
    string key, string help, ResumeRule resume, ValueFormat<T> format, Func<RunConfig, T> read, Func<RunConfig, T, RunConfig> write)
    : Setting(key, help, resume)
{
    public override string Expected => format.Expected;

    internal override bool TakesGroups => format.TakesGroups;

    public override string Format(RunConfig config) => format.ToYaml(read(config));

    internal override RunConfig Apply(RunConfig config, GivenValue value)
    {
        if (!format.TryParse(value.Text, value.IsQuoted, out T parsed))
        {
            string found = value.Text.Length == 0 ? "empty" : $"'{value.Text}'";
            throw new ConfigurationException($"{Key} is {found}, but must be {Expected}.", Key, value.Origin, value.Line);
        }

        try
        {
            return write(config, parsed);
        }
        catch (ConfigurationException error)
        {
            throw new ConfigurationException(error.Problem, Key, value.Origin, value.Line);
        }
    }
}
