using System.Text.Json;
using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Files.Json;

namespace GptSharp.Cli.Inspection;

/// <summary>JSON files as <c>gptsharp inspect</c> shows them.</summary>
internal static class JsonFile
{
    // A tokenizer or a whole configuration within a value is told by its length.
    private const int LongestText = 2_000;

    /// <summary>Reads an object.</summary>
    /// <exception cref="RefusedFileException">It is no JSON object.</exception>
    public static JsonObject Read(string path)
    {
        try
        {
            using JsonDocument document = JsonPlace.Parse(path, File.ReadAllBytes(path));
            JsonObject read = document.RootElement.ValueKind == JsonValueKind.Object
                ? JsonObject.Create(document.RootElement.Clone())!
                : throw new RefusedFileException(path, "it is no object; one in braces is expected.");
            foreach ((string key, JsonNode? value) in read.ToArray())
            {
                if (value is JsonValue text && text.TryGetValue(out string? content) && content.Length > LongestText)
                {
                    read[key] = $"{content.Length} characters: {content[..80]}…";
                }
            }

            return read;
        }
        catch (InvalidOperationException exception)
        {
            throw new RefusedFileException(path, "it is no valid JSON: half of a surrogate pair stands in a text.", exception);
        }
    }
}
