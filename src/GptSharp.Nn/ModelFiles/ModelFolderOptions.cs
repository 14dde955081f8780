using System.Text.Json;
using GptSharp.Files.Safetensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>How <see cref="ModelFolder.Save(string, Gpt, ModelFolderOptions)"/> writes a model.</summary>
public sealed record ModelFolderOptions
{
    /// <summary>How numbers are stored: F32, BF16 or F16.</summary>
    public SafetensorsType Type { get; init; } = SafetensorsType.F32;

    /// <summary>Most bytes of tensors per file; null for one file.</summary>
    public long? MaxShardSize { get; init; }

    /// <summary>The token that begins a text (bos), or null.</summary>
    public int? BeginToken { get; init; }

    /// <summary>The tokens that end a text (eos).</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>The token that fills short sequences of a batch (pad), or null.</summary>
    public int? PaddingToken { get; init; }

    /// <summary>Writes the special tokens as properties of the object that is being written.</summary>
    public void WriteTokens(Utf8JsonWriter json)
    {
        WriteBeginToken(json);
        WriteEndTokens(json);
        WritePaddingToken(json);
    }

    internal void WriteBeginToken(Utf8JsonWriter json) => WriteToken(json, "bos_token_id", BeginToken);

    internal void WritePaddingToken(Utf8JsonWriter json) => WriteToken(json, "pad_token_id", PaddingToken);

    internal void WriteEndTokens(Utf8JsonWriter json)
    {
        if (EndTokens.Count <= 1)
        {
            WriteToken(json, "eos_token_id", EndTokens.Count == 1 ? EndTokens[0] : null);
            return;
        }

        json.WriteStartArray("eos_token_id");
        foreach (int token in EndTokens)
        {
            json.WriteNumberValue(token);
        }

        json.WriteEndArray();
    }

    internal void WriteType(Utf8JsonWriter json) => json.WriteString("dtype", Type switch
    {
        SafetensorsType.BF16 => "bfloat16",
        SafetensorsType.F16 => "float16",
        _ => "float32",
    });

    private static void WriteToken(Utf8JsonWriter json, string key, int? token)
    {
        if (token is { } id)
        {
            json.WriteNumber(key, id);
        }
        else
        {
            json.WriteNull(key);
        }
    }
}
