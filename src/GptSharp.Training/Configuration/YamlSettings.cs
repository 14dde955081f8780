using GptSharp.Nn;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GptSharp.Training.Configuration;

/// <summary>
/// Reads a configuration file's two levels (<c>section:</c> with <c>key: value</c> inside) from YAML's events, which carry the line of
/// every key.
/// </summary>
internal static class YamlSettings
{
    /// <summary>The keys that a text gives, in its order, each a valid one.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="origin">The file's path, for messages.</param>
    /// <exception cref="ConfigurationException">The text is not YAML, has another structure, or gives a key that does not exist or twice.</exception>
    public static Dictionary<string, GivenValue> Read(string text, string origin)
    {
        Dictionary<string, GivenValue> given = [];
        try
        {
            Parser events = new(new StringReader(text));
            events.Consume<StreamStart>();
            if (!events.TryConsume<DocumentStart>(out _))
            {
                throw new ConfigurationException("the file holds no settings; start with a section, such as 'train:'.", null, origin);
            }

            ReadSections(events, given, origin);
            events.Consume<DocumentEnd>();
            if (events.TryConsume<DocumentStart>(out DocumentStart? second))
            {
                throw new ConfigurationException("a second document starts here; a configuration is one document.", null, origin, Line(second.Start));
            }
        }
        catch (YamlException error)
        {
            throw NotYaml(error, text, origin);
        }

        return given;
    }

    private static void ReadSections(Parser events, Dictionary<string, GivenValue> given, string origin)
    {
        if (!events.TryConsume<MappingStart>(out _))
        {
            throw new ConfigurationException("expected sections such as 'train:', with keys below them.", null, origin, Line(events.Current!.Start));
        }

        while (!events.TryConsume<MappingEnd>(out _))
        {
            Scalar section = Key(events, origin);
            if (!Settings.Sections.Contains(section.Value))
            {
                throw UnknownKey(section.Value, origin, Line(section.Start));
            }

            ReadKeys(events, section.Value, given, origin);
        }
    }

    private static void ReadKeys(Parser events, string section, Dictionary<string, GivenValue> given, string origin)
    {
        // A section whose keys are all commented out reads as an empty scalar.
        if (events.Accept<Scalar>(out Scalar? empty) && empty is { Value.Length: 0, Style: ScalarStyle.Plain })
        {
            events.MoveNext();
            return;
        }

        if (!events.TryConsume<MappingStart>(out _))
        {
            throw new ConfigurationException(
                $"'{section}:' is a section; put its keys on indented lines below it.", section, origin, Line(events.Current!.Start));
        }

        while (!events.TryConsume<MappingEnd>(out _))
        {
            Scalar name = Key(events, origin);
            string key = $"{section}.{name.Value}";
            if (Settings.TryFind(key) is not { } setting)
            {
                throw UnknownKey(key, origin, Line(name.Start));
            }

            if (TryReadValue(events, setting.TakesGroups) is not { } value)
            {
                throw new ConfigurationException(
                    $"{key} must be one value, {setting.Expected}, not a list or a group of keys.", key, origin, Line(name.Start));
            }

            if (given.TryGetValue(key, out GivenValue? earlier))
            {
                throw new ConfigurationException($"{key} is given twice, first on line {earlier.Line}; keep one.", key, origin, Line(name.Start));
            }

            given.Add(key, new(value.Text, value.IsQuoted, origin, Line(name.Start)));
        }
    }

    // A scalar; [1, 2] as "1, 2"; {every: 2} as "every: 2". Null for anything deeper.
    private static (string Text, bool IsQuoted)? TryReadValue(Parser events, bool takesGroups)
    {
        if (events.TryConsume<Scalar>(out Scalar? scalar))
        {
            return (scalar.Value, scalar.Style != ScalarStyle.Plain);
        }

        if (!takesGroups)
        {
            return null;
        }

        if (events.TryConsume<SequenceStart>(out _))
        {
            return ReadScalars<SequenceEnd>(events) is { Count: > 0 } items ? (string.Join(", ", items), false) : null;
        }

        return events.TryConsume<MappingStart>(out _) && ReadScalars<MappingEnd>(events) is [{ } word, { } value] ? ($"{word}: {value}", false) : null;
    }

    private static List<string>? ReadScalars<TEnd>(Parser events)
        where TEnd : ParsingEvent
    {
        List<string> scalars = [];
        while (!events.TryConsume<TEnd>(out _))
        {
            if (!events.TryConsume<Scalar>(out Scalar? scalar))
            {
                return null;
            }

            scalars.Add(scalar.Value);
        }

        return scalars;
    }

    private static ConfigurationException NotYaml(YamlException error, string text, string origin)
    {
        // The parser reports a tab at the token before it; it is the mistake that editors make most easily, so it gets its own words.
        string[] lines = text.Split('\n');
        for (int line = Line(error.Start); line <= Math.Min(Line(error.End) + 1, lines.Length); line++)
        {
            if (lines[line - 1].TrimStart(' ').StartsWith('\t'))
            {
                return new("this line is indented with a tab; YAML allows only spaces.", null, origin, line);
            }
        }

        return new($"this is not valid YAML: {error.Message.TrimEnd('.')}.", null, origin, Line(error.Start));
    }

    /// <summary>The exception for a key that does not exist.</summary>
    public static ConfigurationException UnknownKey(string key, string origin, int? line) =>
        new($"there is no key '{key}'; the nearest valid key is '{Settings.NearestKey(key)}'.", key, origin, line);

    private static Scalar Key(Parser events, string origin) =>
        events.TryConsume<Scalar>(out Scalar? key)
            ? key
            : throw new ConfigurationException("expected the name of a key here.", null, origin, Line(events.Current!.Start));

    private static int Line(Mark mark) => int.CreateChecked(mark.Line);
}
