using System.Text.Json;
using GptSharp.Files;

namespace GptSharp.Data.Tokenizers;

/// <summary>Tokenizers as small JSON files: <c>{"kind": "char", "alphabet": "..."}</c> or <c>{"kind": "byte"}</c>.</summary>
public static class TokenizerFile
{
    /// <summary>The JSON text of a tokenizer; equal texts mean equal tokenizers.</summary>
    public static string ToJson(ITokenizer tokenizer) => tokenizer is CharTokenizer characters
        ? JsonSerializer.Serialize(new { kind = characters.Kind, alphabet = characters.Alphabet })
        : JsonSerializer.Serialize(new { kind = tokenizer.Kind });

    /// <summary>Writes a tokenizer.</summary>
    public static void Save(string path, ITokenizer tokenizer) => AtomicFile.WriteText(path, ToJson(tokenizer) + "\n");

    /// <summary>Reads a tokenizer.</summary>
    /// <exception cref="RefusedFileException">The file is no tokenizer.</exception>
    public static ITokenizer Load(string path) => FromJson(File.ReadAllText(path), path);

    /// <summary>The tokenizer of a JSON text.</summary>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <param name="path">The file that holds it, for messages.</param>
    /// <exception cref="RefusedFileException">The text is no tokenizer.</exception>
    public static ITokenizer FromJson(string json, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            string? kind = document.RootElement.GetProperty("kind").GetString();
            return kind switch
            {
                "char" => document.RootElement.GetProperty("alphabet").GetString() is { Length: > 0 } alphabet
                    ? CharTokenizer.Of(alphabet)
                    : throw new JsonException("its alphabet is empty"),
                "byte" => new ByteTokenizer(),
                _ => throw new NotSupportedException($"unknown kind '{kind}'"),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or NotSupportedException)
        {
            throw new RefusedFileException(path, $"it holds no tokenizer ({exception.Message})", exception);
        }
    }
}
