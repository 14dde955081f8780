using System.Globalization;
using System.Text.Json;
using GptSharp.Files;
using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// <c>config.json</c> of a Llama as Hugging Face's transformers reads and writes it, in the layouts of versions 4 and 5. Keys that are absent
/// have transformers' defaults, except for the sizes, which must be there; options that would change the result and are not built here
/// are refused by name.
/// </summary>
public static class LlamaConfigFile
{
    private const double DefaultEpsilon = 1e-6;

    // Options of other models that share the layout; transformers' Llama has none of them, and whoever set one expects it to work.
    private static readonly string[] ForeignKeys = ["sliding_window", "quantization_config"];

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="RefusedFileException">
    /// A key is missing or ill-typed, the model is no Llama, or it uses an option that is not supported.
    /// </exception>
    public static GptConfig Read(string path)
    {
        using var settings = new JsonSettings(path);
        return Read(path, settings);
    }

    internal static GptConfig Read(string path, JsonSettings settings)
    {
        CheckKind(path, settings);
        int width = settings.RequiredCount("hidden_size");
        int heads = settings.RequiredCount("num_attention_heads");
        int keyHeads = settings.Count("num_key_value_heads") ?? heads;
        int? headSize = settings.Count("head_dim");
        if (headSize is null && width % heads != 0)
        {
            throw new RefusedFileException(path, $"num_attention_heads ({heads}) does not divide hidden_size ({width}), and head_dim is not given.");
        }

        if (heads % keyHeads != 0)
        {
            throw new RefusedFileException(path, $"num_key_value_heads ({keyHeads}) does not divide num_attention_heads ({heads}).");
        }

        (MlpActivation activation, GeluForm gelu) = Activation(path, settings.Text("hidden_act") ?? "silu");
        var config = new GptConfig
        {
            VocabularySize = settings.RequiredCount("vocab_size"),
            BlockSize = settings.RequiredCount("max_position_embeddings"),
            LayerCount = settings.RequiredCount("num_hidden_layers"),
            HeadCount = heads,
            KeyHeadCount = keyHeads,
            HeadSize = headSize ?? (width / heads),
            Width = width,
            MlpWidth = settings.RequiredCount("intermediate_size"),
            Norm = NormKind.RMSNorm,
            LayerNormEpsilon = settings.Number("rms_norm_eps", DefaultEpsilon, JsonSettings.IsPositive, "a positive number"),
            Bias = Biases(path, settings),
            Activation = activation,
            Gelu = gelu,
            TieHead = settings.Flag("tie_word_embeddings", absent: false),
            Positions = PositionEncoding.Rope,
            Rope = LlamaRope.Read(path, settings),
        };
        try
        {
            return config.Validate();
        }
        catch (ConfigurationException exception)
        {
            throw new RefusedFileException(path, $"no model can have these sizes: {exception.Message}", exception);
        }
    }

    /// <summary>Writes a configuration, as transformers 5 does.</summary>
    /// <exception cref="ConfigurationException">The layout of Llama has no place for such a model.</exception>
    public static void Write(string path, GptConfig config)
    {
        ModelLayout.Llama.CheckRepresentable(config);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
            Write(json, config);
        });
    }

    private static void CheckKind(string path, JsonSettings settings)
    {
        string kind = settings.Text("model_type") ?? throw new RefusedFileException(path, "the key model_type is missing.");
        if (kind != "llama")
        {
            throw new RefusedFileException(path, $"model_type is \"{kind}\"; \"llama\" is needed here.");
        }

        if (ForeignKeys.FirstOrDefault(settings.Has) is { } foreign)
        {
            throw new RefusedFileException(path, $"{foreign} is set; this option is not supported for a Llama here.");
        }

        LlamaRope.CheckWhole(path, settings);
        double dropout = settings.Number("attention_dropout", 0, value => value is >= 0 and < 1, "a probability from 0 to below 1");
        if (dropout > 0)
        {
            throw new RefusedFileException(
                path, $"attention_dropout is {dropout.ToString(CultureInfo.InvariantCulture)}; dropout of attention weights alone is not supported here, so set it to 0.");
        }
    }

    private static bool Biases(string path, JsonSettings settings)
    {
        (bool attention, bool mlp) = (settings.Flag("attention_bias", absent: false), settings.Flag("mlp_bias", absent: false));
        return attention == mlp ? attention : throw new RefusedFileException(
            path, $"{(attention ? "attention_bias" : "mlp_bias")} is true and {(attention ? "mlp_bias" : "attention_bias")} is not; biases of one alone are not supported here.");
    }

    private static (MlpActivation Activation, GeluForm Gelu) Activation(string path, string name) => name switch
    {
        "silu" or "swish" => (MlpActivation.Swiglu, GeluForm.Tanh),
        "gelu_new" or "gelu_pytorch_tanh" => (MlpActivation.Geglu, GeluForm.Tanh),
        "gelu" => (MlpActivation.Geglu, GeluForm.Erf),
        "relu" => (MlpActivation.Reglu, GeluForm.Tanh),
        _ => throw new RefusedFileException(path, $"hidden_act is \"{name}\"; silu, gelu_new, gelu_pytorch_tanh, gelu and relu are supported."),
    };

    private static void Write(Utf8JsonWriter json, GptConfig config)
    {
        json.WriteStartObject();
        json.WriteStartArray("architectures");
        json.WriteStringValue("LlamaForCausalLM");
        json.WriteEndArray();
        json.WriteBoolean("attention_bias", config.Bias);
        json.WriteNumber("attention_dropout", 0.0);
        json.WriteNull("bos_token_id");
        json.WriteString("dtype", "float32");
        json.WriteNull("eos_token_id");
        json.WriteNumber("head_dim", config.HeadSize);
        json.WriteString("hidden_act", (config.Activation, config.Gelu) switch
        {
            (MlpActivation.Geglu, GeluForm.Tanh) => "gelu_new",
            (MlpActivation.Geglu, _) => "gelu",
            (MlpActivation.Reglu, _) => "relu",
            _ => "silu",
        });
        json.WriteNumber("hidden_size", config.Width);
        json.WriteNumber("initializer_range", Modules.GptInitialization.Deviation);
        json.WriteNumber("intermediate_size", config.MlpWidth);
        json.WriteNumber("max_position_embeddings", config.BlockSize);
        json.WriteBoolean("mlp_bias", config.Bias);
        json.WriteString("model_type", "llama");
        json.WriteNumber("num_attention_heads", config.HeadCount);
        json.WriteNumber("num_hidden_layers", config.LayerCount);
        json.WriteNumber("num_key_value_heads", config.KeyHeadCount);
        json.WriteNull("pad_token_id");
        json.WriteNumber("pretraining_tp", 1);
        json.WriteNumber("rms_norm_eps", config.LayerNormEpsilon);
        LlamaRope.Write(json, config.Rope);
        json.WriteBoolean("tie_word_embeddings", config.TieHead);
        json.WriteBoolean("use_cache", true);
        json.WriteNumber("vocab_size", config.VocabularySize);
        json.WriteEndObject();
    }
}
