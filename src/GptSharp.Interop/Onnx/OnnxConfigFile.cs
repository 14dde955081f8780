using System.Text.Json;
using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Interop.HuggingFace;
using GptSharp.Nn;
using GptSharp.Nn.ModelFiles;

namespace GptSharp.Interop.Onnx;

/// <summary>
/// <c>config.json</c> beside an ONNX graph. What the model computes is in the graph; programs look here for the layout of its cache, its
/// special tokens, and whether its tensors are in files of their own.
/// </summary>
internal static class OnnxConfigFile
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Writes it.</summary>
    /// <param name="package">The model.</param>
    /// <param name="folder">The folder, which is there.</param>
    /// <param name="externalFiles">Number of files of external data.</param>
    /// <param name="type">The type that transformers.js shall look for; null for float32, its usual one.</param>
    public static void Write(ModelPackage package, string folder, int externalFiles, string? type)
    {
        string path = Path.Combine(folder, ModelFolder.ConfigFile);
        JsonObject config;
        if (HasArchitecture(package.Model.Config))
        {
            ModelFolder.SaveConfig(folder, package.Model.Config, GenerationConfigFile.Options(package.Generation));
            config = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
        }
        else
        {
            config = LayoutOnly(package.Model.Config, package.Generation);
        }

        var hints = new JsonObject();
        if (type is not null)
        {
            hints["dtype"] = type;
        }

        if (externalFiles > 0)
        {
            hints["use_external_data_format"] = externalFiles;
        }

        if (hints.Count > 0)
        {
            config["transformers.js_config"] = hints;
        }

        AtomicFile.WriteText(path, config.ToJsonString(Indented) + "\n");
    }

    private static bool HasArchitecture(GptConfig config)
    {
        try
        {
            _ = ModelFolder.ModelType(config);
            return true;
        }
        catch (ConfigurationException)
        {
            return false;
        }
    }

    // Programs know the layout of a cache by the name of an architecture, and a graph like Llama's has one of the same layout.
    private static JsonObject LayoutOnly(GptConfig config, GenerationDefaults generation) => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["bos_token_id"] = generation.BeginToken,
        ["eos_token_id"] = generation.EndTokens.Count == 0 ? null : generation.EndTokens[0],
        ["gptsharp_note"] = "No architecture of transformers is this model: the file onnx/model.onnx has all that it computes, and model_type only tells programs the layout of its cache.",
        ["head_dim"] = config.HeadSize,
        ["hidden_size"] = config.Width,
        ["max_position_embeddings"] = config.BlockSize,
        ["model_type"] = "llama",
        ["num_attention_heads"] = config.HeadCount,
        ["num_hidden_layers"] = config.LayerCount,
        ["num_key_value_heads"] = config.KeyHeadCount,
        ["pad_token_id"] = generation.PaddingToken,
        ["vocab_size"] = config.VocabularySize,
    };
}
