using System.Text.Json;
using System.Text.RegularExpressions;

namespace GptSharp.Training.Configuration;

/// <summary>A text, which YAML may write with or without quotes.</summary>
internal sealed partial class TextFormat(string expected, bool mayBeEmpty) : ValueFormat<string>(expected)
{
    public override bool TryParse(string text, bool quoted, out string value)
    {
        value = text;
        return mayBeEmpty || text.Length > 0;
    }

    public override string ToYaml(string value) => Scalar(value);

    /// <summary>Plain when no YAML reader could take it for anything but this text, otherwise quoted; JSON's escapes are YAML's too.</summary>
    internal static string Scalar(string text) => PlainText().IsMatch(text) ? text : JsonSerializer.Serialize(text);

    [GeneratedRegex(@"^[A-Za-z/][A-Za-z0-9_./-]*$")]
    private static partial Regex PlainText();
}

/// <summary>A text that may be left to the program: the unquoted word <paramref name="word"/> stands for null.</summary>
internal sealed class OptionalTextFormat(string expected, string word) : ValueFormat<string?>($"{expected}, or {word}")
{
    public override bool TryParse(string text, bool quoted, out string? value)
    {
        value = !quoted && text == word ? null : text;
        return text.Length > 0;
    }

    public override string ToYaml(string? value) => value is null ? word : value == word ? $"\"{word}\"" : TextFormat.Scalar(value);
}
