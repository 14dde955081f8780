using System.Globalization;
using System.Text.Json;
using GptSharp.Files;
using GptSharp.Tensors;

namespace GptSharp.Nn.ModelFiles;

/// <summary>
/// <c>config.json</c> of a GPT-2 as Hugging Face's transformers reads and writes it. Keys that are absent have transformers'
/// defaults; options that would change the result and are not built here are refused by name.
/// </summary>
public static class Gpt2ConfigFile
{
    private const double DefaultDropout = 0.1;
    private const double DefaultEpsilon = 1e-5;

    // What transformers' GPT2Config offers beside the architecture of GPT-2 itself, with the value that leaves it as it is.
    private static readonly (string Key, bool Supported)[] FixedFlags =
    [
        ("scale_attn_weights", true),
        ("scale_attn_by_inverse_layer_idx", false),
        ("reorder_and_upcast_attn", false),
        ("add_cross_attention", false),
    ];

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="RefusedFileException">
    /// A key is missing or ill-typed, the model is no GPT-2, or it uses an option that is not supported.
    /// </exception>
    public static GptConfig Read(string path)
    {
        using var settings = new JsonSettings(path);
        return Read(path, settings);
    }

    internal static GptConfig Read(string path, JsonSettings settings)
    {
        CheckKind(path, settings);
        int width = settings.RequiredCount("n_embd");
        int heads = settings.RequiredCount("n_head");
        if (width % heads != 0)
        {
            throw new RefusedFileException(path, $"n_head ({heads}) does not divide n_embd ({width}).");
        }

        (MlpActivation activation, GeluForm gelu) = Activation(path, settings.Text("activation_function") ?? "gelu_new");
        var config = new GptConfig
        {
            VocabularySize = settings.RequiredCount("vocab_size"),
            BlockSize = settings.RequiredCount("n_positions"),
            LayerCount = settings.RequiredCount("n_layer"),
            HeadCount = heads,
            Width = width,
            Activation = activation,
            Gelu = gelu,
            LayerNormEpsilon = settings.Number(
                "layer_norm_epsilon", DefaultEpsilon, JsonSettings.IsPositive, "a positive number"),
            TieHead = settings.Flag("tie_word_embeddings", absent: true),
            Dropout = Dropout(path, settings),
        };
        try
        {
            return (settings.Count("n_inner") is { } mlp ? config with { MlpWidth = mlp } : config).Validate();
        }
        catch (ConfigurationException exception)
        {
            throw new RefusedFileException(path, $"no model can have these sizes: {exception.Message}", exception);
        }
    }

    /// <summary>Writes a configuration.</summary>
    /// <exception cref="ConfigurationException">The layout of GPT-2 has no place for such a model.</exception>
    public static void Write(string path, GptConfig config) => Write(path, config, new ModelFolderOptions());

    internal static void Write(string path, GptConfig config, ModelFolderOptions options)
    {
        ModelLayout.Gpt2.CheckRepresentable(config);
        ConfigWriter.Write(path, json => Write(json, config, options));
    }

    private static void CheckKind(string path, JsonSettings settings)
    {
        string kind = settings.Text("model_type") ?? throw new RefusedFileException(path, "the key model_type is missing.");
        if (kind != "gpt2")
        {
            throw new RefusedFileException(path, $"model_type is \"{kind}\"; \"gpt2\" is needed here.");
        }

        foreach ((string key, bool supported) in FixedFlags)
        {
            if (settings.Flag(key, supported) != supported)
            {
                throw new RefusedFileException(
                    path, $"{key} is {(supported ? "false" : "true")}; this option of GPT-2 is not supported here.");
            }
        }

        ForeignOptions.Check(path, settings, "GPT-2", "sliding_window", "layer_types");
    }

    private static (MlpActivation Activation, GeluForm Gelu) Activation(string path, string name) => name switch
    {
        "gelu_new" or "gelu_pytorch_tanh" => (MlpActivation.Gelu, GeluForm.Tanh),
        "gelu" => (MlpActivation.Gelu, GeluForm.Erf),
        "relu" => (MlpActivation.Relu, GeluForm.Tanh),
        "silu" or "swish" => (MlpActivation.Swish, GeluForm.Tanh),
        _ => throw new RefusedFileException(
            path, $"activation_function is \"{name}\"; gelu_new, gelu_pytorch_tanh, gelu, relu and silu are supported."),
    };

    private static double Dropout(string path, JsonSettings settings)
    {
        string[] keys = ["attn_pdrop", "embd_pdrop", "resid_pdrop"];
        double[] rates = [.. keys.Select(key =>
            settings.Number(key, DefaultDropout, value => value is >= 0 and < 1, "a probability from 0 to below 1"))];
        return rates.Distinct().Count() == 1 ? rates[0] : throw new RefusedFileException(
            path,
            $"{string.Join(", ", keys)} are {string.Join(", ", rates.Select(rate => rate.ToString(CultureInfo.InvariantCulture)))} (absent means 0.1); "
            + "a model here has one rate of dropout, so give them the same value.");
    }

    // Key by key as transformers 5 writes it, in its order. n_ctx is no longer among its keys, but llama.cpp's converter reads it.
    private static void Write(Utf8JsonWriter json, GptConfig config, ModelFolderOptions options)
    {
        json.WriteString("activation_function", (config.Activation, config.Gelu) switch
        {
            (MlpActivation.Relu, _) => "relu",
            (MlpActivation.Swish, _) => "silu",
            (_, GeluForm.Tanh) => "gelu_new",
            _ => "gelu",
        });
        json.WriteBoolean("add_cross_attention", false);
        json.WriteStartArray("architectures");
        json.WriteStringValue("GPT2LMHeadModel");
        json.WriteEndArray();
        json.WriteFloat("attn_pdrop", config.Dropout);
        options.WriteBeginToken(json);
        options.WriteType(json);
        json.WriteFloat("embd_pdrop", config.Dropout);
        options.WriteEndTokens(json);
        json.WriteFloat("initializer_range", Modules.GptInitialization.Deviation);
        json.WriteFloat("layer_norm_epsilon", config.LayerNormEpsilon);
        json.WriteString("model_type", "gpt2");
        json.WriteNumber("n_ctx", config.BlockSize);
        json.WriteNumber("n_embd", config.Width);
        json.WriteNumber("n_head", config.HeadCount);
        if (config.MlpWidth == 4L * config.Width)
        {
            json.WriteNull("n_inner");
        }
        else
        {
            json.WriteNumber("n_inner", config.MlpWidth);
        }

        json.WriteNumber("n_layer", config.LayerCount);
        json.WriteNumber("n_positions", config.BlockSize);
        options.WritePaddingToken(json);
        json.WriteBoolean("reorder_and_upcast_attn", false);
        json.WriteFloat("resid_pdrop", config.Dropout);
        json.WriteBoolean("scale_attn_by_inverse_layer_idx", false);
        json.WriteBoolean("scale_attn_weights", true);
        json.WriteBoolean("tie_word_embeddings", config.TieHead);
        json.WriteBoolean("use_cache", true);
        json.WriteNumber("vocab_size", config.VocabularySize);
    }
}
