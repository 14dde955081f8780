using System.Text.Json;
using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;

namespace GptSharp.Nn.Tests.ModelFiles;

public sealed class Gpt2ConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string ConfigPath => _folder.At("config.json");

    public void Dispose() => _folder.Dispose();

    private static string GoldenText(string model) => File.ReadAllText(Path.Combine(Golden.Folder, model, "config.json"));

    private GptConfig ReadWith(string key, string? value)
    {
        JsonObject config = JsonNode.Parse(GoldenText("gpt2-tiny"))!.AsObject();
        config.Remove(key);
        if (value is not null)
        {
            config[key] = JsonNode.Parse(value);
        }

        File.WriteAllText(ConfigPath, config.ToJsonString());
        return Gpt2ConfigFile.Read(ConfigPath);
    }

    private string Refusal(string key, string? value)
    {
        RefusedFileException error = Assert.Throws<RefusedFileException>(() => ReadWith(key, value));
        Assert.StartsWith($"{ConfigPath}: ", error.Message, StringComparison.Ordinal);
        return error.Message[(ConfigPath.Length + 2)..];
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("config.transformers4.json")]
    public void What_transformers_wrote_is_read_with_null_as_absent(string name)
    {
        GptConfig expected = new()
        {
            VocabularySize = 512,
            BlockSize = 64,
            LayerCount = 3,
            HeadCount = 4,
            Width = 48,
            MlpWidth = 192,
            LayerNormEpsilon = 1e-5,
            Gelu = GeluForm.Tanh,
        };
        Assert.Equal(expected, Gpt2ConfigFile.Read(Path.Combine(Golden.Folder, "interop", "hf-gpt2", name)));
    }

    [Fact]
    public void Absent_keys_have_the_defaults_of_transformers()
    {
        const string text = """{"model_type": "gpt2", "n_embd": 6, "n_layer": 1, "n_head": 2, "n_positions": 5, "vocab_size": 7}""";
        File.WriteAllText(ConfigPath, text);

        GptConfig expected = new() { VocabularySize = 7, BlockSize = 5, LayerCount = 1, HeadCount = 2, Width = 6, MlpWidth = 24, Dropout = 0.1 };
        Assert.Equal(expected, Gpt2ConfigFile.Read(ConfigPath));
    }

    [Fact]
    public void Activation_epsilon_mlp_and_head_are_taken_over()
    {
        Assert.Equal(GeluForm.Erf, ReadWith("activation_function", "\"gelu\"").Gelu);
        Assert.Equal(GeluForm.Tanh, ReadWith("activation_function", "\"gelu_pytorch_tanh\"").Gelu);
        Assert.Equal(MlpActivation.Relu, ReadWith("activation_function", "\"relu\"").Activation);
        Assert.Equal(MlpActivation.Swish, ReadWith("activation_function", "\"silu\"").Activation);
        Assert.Equal(1e-6, ReadWith("layer_norm_epsilon", "1e-6").LayerNormEpsilon);
        Assert.Equal(100, ReadWith("n_inner", "100").MlpWidth);
        Assert.False(ReadWith("tie_word_embeddings", "false").TieHead);
    }

    [Theory]
    [InlineData("n_layer", null, "the key n_layer is missing.")]
    [InlineData("vocab_size", "null", "the key vocab_size is missing.")]
    [InlineData("n_embd", "\"32\"", "n_embd is \"32\", but must be a whole number from 1 to 2147483647.")]
    [InlineData("n_positions", "24.5", "n_positions is 24.5, but must be a whole number from 1 to 2147483647.")]
    [InlineData("n_head", "0", "n_head is 0, but must be a whole number from 1 to 2147483647.")]
    [InlineData("n_inner", "99999999999", "n_inner is 99999999999, but must be a whole number from 1 to 2147483647.")]
    [InlineData("n_head", "5", "n_head (5) does not divide n_embd (32).")]
    [InlineData("vocab_size", "2147483647", "no model can have these sizes: model.vocabulary (2147483647) is too large; the most that can be addressed is 2147483583.")]
    [InlineData("model_type", null, "the key model_type is missing.")]
    [InlineData("model_type", "\"llama\"", "model_type is \"llama\"; \"gpt2\" is needed here.")]
    [InlineData("activation_function", "\"mish\"", "activation_function is \"mish\"; gelu_new, gelu_pytorch_tanh, gelu, relu and silu are supported.")]
    [InlineData("activation_function", "3", "activation_function is 3, but must be a text.")]
    [InlineData("layer_norm_epsilon", "\"NaN\"", "layer_norm_epsilon is \"NaN\", but must be a positive number.")]
    [InlineData("layer_norm_epsilon", "0", "layer_norm_epsilon is 0, but must be a positive number.")]
    [InlineData("layer_norm_epsilon", "1e999", "layer_norm_epsilon is 1e999, but must be a positive number.")]
    [InlineData("scale_attn_weights", "false", "scale_attn_weights is false; this option of GPT-2 is not supported here.")]
    [InlineData("scale_attn_by_inverse_layer_idx", "true", "scale_attn_by_inverse_layer_idx is true; this option of GPT-2 is not supported here.")]
    [InlineData("reorder_and_upcast_attn", "true", "reorder_and_upcast_attn is true; this option of GPT-2 is not supported here.")]
    [InlineData("add_cross_attention", "true", "add_cross_attention is true; this option of GPT-2 is not supported here.")]
    [InlineData("scale_attn_weights", "1", "scale_attn_weights is 1, but must be true or false.")]
    [InlineData("quantization_config", "{\"bits\": 4}", "quantization_config is set; this option is not supported for a GPT-2 here.")]
    [InlineData("resid_pdrop", "1", "resid_pdrop is 1, but must be a probability from 0 to below 1.")]
    [InlineData("attn_pdrop", "0.2", "attn_pdrop, embd_pdrop, resid_pdrop are 0.2, 0.1, 0.1 (absent means 0.1); a model here has one rate of dropout, so give them the same value.")]
    public void A_wrong_or_unsupported_key_is_named(string key, string? value, string sentence) => Assert.Equal(sentence, Refusal(key, value));

    [Theory]
    [InlineData("sliding_window", "4")]
    [InlineData("pruned_heads", "{\"0\": [1]}")]
    [InlineData("attn_logit_softcapping", "30.0")]
    [InlineData("num_experts", "8")]
    [InlineData("logits_scaling", "0.5")]
    [InlineData("is_encoder_decoder", "true")]
    public void Options_of_other_models_are_refused(string key, string value) =>
        Assert.Equal($"{key} is set; this option is not supported for a GPT-2 here.", Refusal(key, value));

    [Theory]
    [InlineData("sliding_window", "null")]
    [InlineData("pruned_heads", "{}")]
    [InlineData("num_experts", "0")]
    [InlineData("logits_scaling", "1.0")]
    [InlineData("is_encoder_decoder", "false")]
    public void Options_of_other_models_that_change_nothing_are_left_alone(string key, string value) =>
        Assert.Equal(32, ReadWith(key, value).Width);

    [Theory]
    [InlineData("{\n \"model_type\": \"gpt2\",\n \"layer_norm_epsilon\": NaN\n}", "line 3, byte 24: it is no valid JSON: NaN is no number of JSON, which has finite ones only.")]
    [InlineData("{\n \"n_layer\": 1,\n \"n_layer\": 2\n}", "line 3, byte 2: it is no valid JSON: the key \"n_layer\" stands twice in the same object.")]
    [InlineData("{\"model_type\": \"gpt2\"", "line 1, byte 22: it is no valid JSON: ")]
    [InlineData("", "line 1, byte 1: it is no valid JSON: ")]
    [InlineData("{\"model_type\": \"\\ud800\"}", "half of a surrogate pair")]
    [InlineData("{\"\\ud800\": [{}]}", "half of a surrogate pair")]
    [InlineData("[1]", "it is no object; one in braces is expected.")]
    public void A_file_that_is_no_JSON_object_is_refused(string text, string words)
    {
        File.WriteAllText(ConfigPath, text);
        Assert.Contains(words, Assert.Throws<RefusedFileException>(() => Gpt2ConfigFile.Read(ConfigPath)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read_back_equal()
    {
        GptConfig config = new()
        {
            VocabularySize = 70,
            BlockSize = 11,
            LayerCount = 3,
            HeadCount = 5,
            Width = 35,
            MlpWidth = 90,
            TieHead = false,
            Dropout = 0.25,
            Gelu = GeluForm.Erf,
            LayerNormEpsilon = 3e-6,
        };
        Gpt2ConfigFile.Write(ConfigPath, config);
        Assert.Equal(config, Gpt2ConfigFile.Read(ConfigPath));
    }

    [Fact]
    public void What_is_written_has_the_keys_of_transformers_and_n_ctx()
    {
        string golden = Path.Combine(Golden.Folder, "interop", "hf-gpt2", "config.json");
        Gpt2ConfigFile.Write(ConfigPath, Gpt2ConfigFile.Read(golden));

        JsonObject theirs = JsonNode.Parse(File.ReadAllText(golden))!.AsObject();
        JsonObject ours = JsonNode.Parse(File.ReadAllText(ConfigPath))!.AsObject();
        Assert.Equal(64, (int)ours["n_ctx"]!);
        ours.Remove("n_ctx");

        // Left out: settings of a classification head, the version of a library that did not write this, and token ids, which
        // belong to the tokenizer.
        string[] absent = [.. theirs.Select(pair => pair.Key).Where(key => key.StartsWith("summary_", StringComparison.Ordinal)), "transformers_version"];
        Assert.Equal(theirs.Select(pair => pair.Key).Except(absent), ours.Select(pair => pair.Key));
        Assert.All(
            ours.Where(pair => !pair.Key.EndsWith("_token_id", StringComparison.Ordinal)),
            pair => Assert.True(JsonNode.DeepEquals(theirs[pair.Key], pair.Value), $"{pair.Key}: {theirs[pair.Key]} and {pair.Value}"));
    }

    [Fact]
    public void Models_that_the_layout_has_no_place_for_are_not_written()
    {
        GptConfig config = Gpt2ConfigFile.Read(Path.Combine(Golden.Folder, "gpt2-tiny", "config.json"));
        Assert.Equal("model.bias", Assert.Throws<ConfigurationException>(() => Gpt2ConfigFile.Write(ConfigPath, config with { Bias = false })).Key);
        Assert.Equal(
            "model.positions",
            Assert.Throws<ConfigurationException>(() => Gpt2ConfigFile.Write(ConfigPath, config with { Positions = PositionEncoding.Sinusoidal })).Key);
        (GptConfig Config, string Key)[] others =
        [
            (config with { HeadSize = 4 }, "model.head_size"),
            (config with { KeyHeadCount = 1 }, "model.kv_heads"),
            (config with { Activation = MlpActivation.Reglu }, "model.activation"),
            (config with { MlpBias = false }, "model.bias"),
            (config with { Norm = NormKind.RMSNorm }, "model.norm"),
            (config with { QkNorm = true }, "model.qk_norm"),
            (config with { Parallel = true }, "model.parallel"),
            (config with { Window = 4 }, "model.window"),
            (config with { DocumentToken = 4 }, "model.document_mask"),
            (config with { AttentionCap = 4 }, "model.attention_cap"),
            (config with { LogitCap = 4 }, "model.logit_cap"),
        ];
        Assert.All(others, other =>
            Assert.Equal(other.Key, Assert.Throws<ConfigurationException>(() => Gpt2ConfigFile.Write(ConfigPath, other.Config)).Key));
        Assert.False(File.Exists(ConfigPath));
    }
}
