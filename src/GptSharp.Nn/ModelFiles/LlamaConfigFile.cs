using System.Globalization;
using System.Text.Json;
using GptSharp.Files;
using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// <c>config.json</c> of a Llama, Mistral, Qwen 2 or Qwen 3 as Hugging Face's transformers reads and writes it, in the layouts of versions 4
/// and 5. Keys that are absent have transformers' defaults, except for the sizes, which must be there; options that would change the result
/// and are not built here are refused by name.
/// </summary>
public static class LlamaConfigFile
{
    private const double DefaultEpsilon = 1e-6;

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="RefusedFileException">
    /// A key is missing or ill-typed, the model is of another kind, or it uses an option that is not supported.
    /// </exception>
    public static GptConfig Read(string path)
    {
        using var settings = new JsonSettings(path);
        return Read(path, settings);
    }

    internal static GptConfig Read(string path, JsonSettings settings)
    {
        LlamaFamily family = Family(path, settings);
        ForeignOptions.Check(path, settings, family.Title, family == LlamaFamily.Llama ? ["sliding_window"] : []);
        LlamaRope.CheckWhole(path, settings, family.Title);
        CheckDropout(path, settings);
        int width = settings.RequiredCount("hidden_size");
        int heads = settings.RequiredCount("num_attention_heads");
        int keyHeads = settings.Count("num_key_value_heads")
            ?? (settings.IsNull("num_key_value_heads") ? heads : family.UsualKeyHeads ?? heads);
        int? headSize = settings.Count("head_dim") ?? family.UsualHeadSize;
        if (headSize is null && width % heads != 0)
        {
            throw new RefusedFileException(path, $"num_attention_heads ({heads}) does not divide hidden_size ({width}), and head_dim is not given.");
        }

        if (heads % keyHeads != 0)
        {
            string absent = settings.Has("num_key_value_heads") ? "" : $", which is what an absent key means for a {family.Title},";
            throw new RefusedFileException(path, $"num_key_value_heads ({keyHeads}){absent} does not divide num_attention_heads ({heads}).");
        }

        (MlpActivation activation, GeluForm gelu) = Activation(path, settings.Text("hidden_act") ?? "silu");
        (int layers, int block) = (settings.RequiredCount("num_hidden_layers"), settings.RequiredCount("max_position_embeddings"));
        (bool attentionBias, bool mlpBias) = Biases(path, settings, family);
        var config = new GptConfig
        {
            VocabularySize = settings.RequiredCount("vocab_size"),
            BlockSize = block,
            LayerCount = layers,
            HeadCount = heads,
            KeyHeadCount = keyHeads,
            HeadSize = headSize ?? (width / heads),
            Width = width,
            MlpWidth = settings.RequiredCount("intermediate_size"),
            Norm = NormKind.RMSNorm,
            LayerNormEpsilon = settings.Number("rms_norm_eps", DefaultEpsilon, JsonSettings.IsPositive, "a positive number"),
            Bias = attentionBias,
            QkvBias = attentionBias || family == LlamaFamily.Qwen2,
            MlpBias = mlpBias,
            QkNorm = family == LlamaFamily.Qwen3,
            Activation = activation,
            Gelu = gelu,
            TieHead = settings.Flag("tie_word_embeddings", absent: false),
            Positions = PositionEncoding.Rope,
            Rope = LlamaRope.Read(path, settings, family.Title),
            Window = LlamaWindow.Read(path, settings, family, layers, block),
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
    /// <exception cref="ConfigurationException">None of the models that share Llama's layout has a place for such a model.</exception>
    public static void Write(string path, GptConfig config) => Write(path, config, new ModelFolderOptions());

    internal static void Write(string path, GptConfig config, ModelFolderOptions options)
    {
        LlamaFamily family = LlamaFamily.Of(config);
        ConfigWriter.Write(path, json => Write(json, config, family, options));
    }

    private static LlamaFamily Family(string path, JsonSettings settings)
    {
        string type = settings.Text("model_type") ?? throw new RefusedFileException(path, "the key model_type is missing.");
        return LlamaFamily.All.FirstOrDefault(family => family.ModelType == type) ?? throw new RefusedFileException(
            path, $"model_type is \"{type}\"; {string.Join(", ", LlamaFamily.All.SkipLast(1).Select(family => $"\"{family.ModelType}\""))} or \"{LlamaFamily.Qwen3.ModelType}\" is needed here.");
    }

    private static void CheckDropout(string path, JsonSettings settings)
    {
        double dropout = settings.Number("attention_dropout", 0, value => value is >= 0 and < 1, "a probability from 0 to below 1");
        if (dropout > 0)
        {
            throw new RefusedFileException(
                path, $"attention_dropout is {dropout.ToString(CultureInfo.InvariantCulture)}; dropout of attention weights alone is not supported here, so set it to 0.");
        }
    }

    private static (bool Attention, bool Mlp) Biases(string path, JsonSettings settings, LlamaFamily family)
    {
        (bool attention, bool mlp) = (settings.Flag("attention_bias", absent: false), settings.Flag("mlp_bias", absent: false));
        (bool mayAttention, bool mayMlp) = family.HasBiasOptions;
        return (!attention || mayAttention) && (!mlp || mayMlp) ? (attention, mlp) : throw new RefusedFileException(
            path, $"{(attention && !mayAttention ? "attention_bias" : "mlp_bias")} is true, but a {family.Title} has no such option; its biases are fixed.");
    }

    private static (MlpActivation Activation, GeluForm Gelu) Activation(string path, string name) => name switch
    {
        "silu" or "swish" => (MlpActivation.Swiglu, GeluForm.Tanh),
        "gelu_new" or "gelu_pytorch_tanh" => (MlpActivation.Geglu, GeluForm.Tanh),
        "gelu" => (MlpActivation.Geglu, GeluForm.Erf),
        "relu" => (MlpActivation.Reglu, GeluForm.Tanh),
        _ => throw new RefusedFileException(path, $"hidden_act is \"{name}\"; silu, gelu_new, gelu_pytorch_tanh, gelu and relu are supported."),
    };

    private static void Write(Utf8JsonWriter json, GptConfig config, LlamaFamily family, ModelFolderOptions options)
    {
        bool isQwen = family == LlamaFamily.Qwen2 || family == LlamaFamily.Qwen3;
        json.WriteStartArray("architectures");
        json.WriteStringValue(family.Architecture);
        json.WriteEndArray();
        if (family.HasBiasOptions.Attention)
        {
            json.WriteBoolean("attention_bias", config.Bias);
        }

        json.WriteFloat("attention_dropout", 0.0);
        options.WriteBeginToken(json);
        options.WriteType(json);
        options.WriteEndTokens(json);
        json.WriteNumber("head_dim", config.HeadSize);
        json.WriteString("hidden_act", (config.Activation, config.Gelu) switch
        {
            (MlpActivation.Geglu, GeluForm.Tanh) => "gelu_new",
            (MlpActivation.Geglu, _) => "gelu",
            (MlpActivation.Reglu, _) => "relu",
            _ => "silu",
        });
        json.WriteNumber("hidden_size", config.Width);
        json.WriteFloat("initializer_range", Modules.GptInitialization.Deviation);
        json.WriteNumber("intermediate_size", config.MlpWidth);
        if (isQwen)
        {
            LlamaWindow.WriteLayers(json, config);
        }

        json.WriteNumber("max_position_embeddings", config.BlockSize);
        if (family.HasBiasOptions.Mlp)
        {
            json.WriteBoolean("mlp_bias", config.MlpBias);
        }

        json.WriteString("model_type", family.ModelType);
        json.WriteNumber("num_attention_heads", config.HeadCount);
        json.WriteNumber("num_hidden_layers", config.LayerCount);
        json.WriteNumber("num_key_value_heads", config.KeyHeadCount);
        options.WritePaddingToken(json);
        if (family == LlamaFamily.Llama)
        {
            json.WriteNumber("pretraining_tp", 1);
        }

        json.WriteFloat("rms_norm_eps", config.LayerNormEpsilon);
        LlamaRope.Write(json, config.Rope);
        if (family != LlamaFamily.Llama)
        {
            LlamaWindow.Write(json, config, family);
        }

        json.WriteBoolean("tie_word_embeddings", config.TieHead);
        json.WriteBoolean("use_cache", true);
        json.WriteNumber("vocab_size", config.VocabularySize);
    }
}
