using System.Globalization;
using System.Text.Json;
using GptSharp.Files;

namespace GptSharp.Nn.ModelFiles;

/// <summary>Writes JSON files as transformers does: indented, floats recognisable as such, a line feed at the end.</summary>
public static class ConfigWriter
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, NewLine = "\n" };

    /// <summary>Writes a file that holds one object; it appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the object's properties.</param>
    public static void Write(string path, Action<Utf8JsonWriter> write) => AtomicFile.Write(path, stream =>
    {
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
    });

    /// <summary>Writes a number that stays a float for whoever reads it: <c>0.0</c>, where JSON's writer says <c>0</c>.</summary>
    internal static void WriteFloat(this Utf8JsonWriter json, string name, double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        json.WritePropertyName(name);
        json.WriteRawValue(text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text);
    }
}
