using System.Globalization;
using System.Text.Json;
using GptSharp.Files;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// The sliding window of a Mistral's or a Qwen's <c>config.json</c>. A window of W shows a token itself and the W - 1 before it, there as here.
/// Here all layers have the same.
/// </summary>
internal static class LlamaWindow
{
    private const int Usual = 4096;
    private const int UsualFirstLayer = 28;
    private const string Full = "full_attention";
    private const string Sliding = "sliding_attention";

    /// <summary>The window, or null where every layer sees all.</summary>
    /// <exception cref="RefusedFileException">Some layers have a window and some have none, or two keys contradict each other.</exception>
    public static int? Read(string path, JsonSettings settings, LlamaFamily family, int layers, int block)
    {
        int? window = settings.Count("sliding_window") ?? (settings.IsNull("sliding_window") ? null : Usual);
        if (family == LlamaFamily.Llama)
        {
            window = null;
        }
        else if (family != LlamaFamily.Mistral && !settings.Flag("use_sliding_window", absent: false))
        {
            window = null;
        }

        // transformers' Mistral looks only at the window, and Llama at neither; so what their layers are called may only agree.
        int sliding = SlidingLayers(path, settings, layers, window is not null, hasOption: family == LlamaFamily.Qwen2 || family == LlamaFamily.Qwen3);
        if (sliding > 0 && sliding < layers)
        {
            throw new RefusedFileException(path, string.Create(
                CultureInfo.InvariantCulture,
                $"{(settings.Has("layer_types") ? "layer_types" : "max_window_layers")} gives {sliding} of {layers} layers a window and {layers - sliding} none; here all layers must have the same."));
        }

        if (sliding > 0 != window is not null)
        {
            // Only a Qwen's first layer with a window may lie beyond its last layer.
            return settings.Has("layer_types") && sliding > 0
                ? throw new RefusedFileException(path, $"layer_types has {Sliding}, but no sliding_window is in force.")
                : null;
        }

        // A window as long as the longest sequence hides nothing.
        return window < block ? window : null;
    }

    /// <summary>Writes the keys that a model's family has.</summary>
    public static void Write(Utf8JsonWriter json, GptConfig config, LlamaFamily family)
    {
        if (config.Window is { } window)
        {
            json.WriteNumber("sliding_window", window);
        }
        else
        {
            json.WriteNull("sliding_window");
        }

        if (family != LlamaFamily.Mistral)
        {
            json.WriteBoolean("use_sliding_window", config.Window is not null);
        }
    }

    /// <summary>Writes which layers have the window: all or none.</summary>
    public static void WriteLayers(Utf8JsonWriter json, GptConfig config)
    {
        json.WriteStartArray("layer_types");
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            json.WriteStringValue(config.Window is null ? Full : Sliding);
        }

        json.WriteEndArray();
        json.WriteNumber("max_window_layers", config.Window is null ? config.LayerCount : 0);
    }

    private static int SlidingLayers(string path, JsonSettings settings, int layers, bool hasWindow, bool hasOption)
    {
        if (settings.Texts("layer_types") is not { } types)
        {
            int first = hasOption ? settings.WholeNumber("max_window_layers") ?? UsualFirstLayer : 0;
            return hasWindow ? Math.Max(0, layers - first) : 0;
        }

        if (types.Count != layers)
        {
            throw new RefusedFileException(path, $"layer_types names {types.Count} layers, but num_hidden_layers is {layers}.");
        }

        if (types.FirstOrDefault(type => type is not (Full or Sliding)) is { } unknown)
        {
            throw new RefusedFileException(path, $"layer_types has \"{unknown}\"; {Full} and {Sliding} are supported.");
        }

        int sliding = types.Count(type => type == Sliding);
        return hasOption || sliding == (hasWindow ? layers : 0) ? sliding : throw new RefusedFileException(
            path, $"layer_types gives {sliding} of {layers} layers a window, but sliding_window says {(hasWindow ? "all" : "none")}.");
    }
}
