using System.Text.Json;
using System.Text.Json.Nodes;
using GptSharp.Files;

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
            JsonObject read = JsonNode.Parse(File.ReadAllBytes(path), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false })?.AsObject()
                ?? throw new JsonException("it is null");
            foreach ((string key, JsonNode? value) in read.ToArray())
            {
                if (value is JsonValue text && text.TryGetValue(out string? content) && content.Length > LongestText)
                {
                    read[key] = $"{content.Length} characters: {content[..80]}…";
                }
            }

            return read;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            string place = exception is JsonException { LineNumber: { } line } ? $"line {line + 1}" : "it";
            throw new RefusedFileException(path, $"{place} is no sound JSON object, in which every key stands once and every number is finite.", exception);
        }
    }
}
