using System.Globalization;
using System.Text;

namespace GptSharp.Files.Safetensors;

/// <summary>Writes the header of a safetensors file: compact JSON, padded with spaces so that the data behind it is aligned.</summary>
internal static class SafetensorsHeaderText
{
    private const int Alignment = 8;

    /// <summary>The header's bytes.</summary>
    /// <param name="metadata">Free-form notes; the key is left out when there are none.</param>
    /// <param name="tensors">The tensors, in the order of their data.</param>
    /// <exception cref="InvalidOperationException">Two tensors have one name.</exception>
    public static byte[] Of(
        IDictionary<string, string> metadata, IEnumerable<(string Name, SafetensorsType Type, long[] Shape, long Bytes)> tensors)
    {
        var text = new StringBuilder("{");
        if (metadata.Count > 0)
        {
            text.Append("\"__metadata__\":{").AppendJoin(',', metadata.Select(item => $"{Quote(item.Key)}:{Quote(item.Value)}")).Append('}');
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        long offset = 0;
        foreach ((string name, SafetensorsType type, long[] shape, long bytes) in tensors)
        {
            if (!names.Add(name))
            {
                throw new InvalidOperationException($"Two tensors are named '{name}'.");
            }

            text.Append(text.Length == 1 ? "" : ",").Append(CultureInfo.InvariantCulture,
                $"{Quote(name)}:{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{offset},{offset + bytes}]}}");
            offset += bytes;
        }

        byte[] header = Encoding.UTF8.GetBytes(text.Append('}').ToString());
        var padded = new byte[(header.Length + Alignment - 1) / Alignment * Alignment];
        padded.AsSpan().Fill((byte)' ');
        header.CopyTo(padded, 0);
        return padded;
    }

    // Only what JSON demands is escaped, as the format's library does; .NET's writer would escape much more.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char letter in text)
        {
            quoted.Append(letter switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\b' => "\\b",
                '\f' => "\\f",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => letter.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
