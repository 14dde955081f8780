using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Nn.ModelFiles;
using GptSharp.Tensors;

namespace GptSharp.Nn.Tests.ModelFiles;

public sealed class LlamaConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly GptConfig Expected = new()
    {
        VocabularySize = 512,
        BlockSize = 64,
        LayerCount = 3,
        HeadCount = 8,
        KeyHeadCount = 2,
        HeadSize = 8,
        Width = 64,
        MlpWidth = 96,
        Norm = NormKind.RMSNorm,
        LayerNormEpsilon = 1e-5,
        Bias = false,
        Activation = MlpActivation.Swiglu,
        TieHead = false,
        Positions = PositionEncoding.Rope,
    };

    private string ConfigPath => _folder.At("config.json");

    public void Dispose() => _folder.Dispose();

    private static string Interop(string name) => Path.Combine(Golden.Folder, "interop", "hf-llama", name);

    // The file of transformers 4, whose keys are all on one level, with some of them changed.
    private GptConfig ReadWith(string keys)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Interop("config.transformers4.json")))!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse($"{{{keys}}}")!.AsObject())
        {
            config[key] = value?.DeepClone();
        }

        File.WriteAllText(ConfigPath, config.ToJsonString());
        return LlamaConfigFile.Read(ConfigPath);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("config.transformers4.json")]
    public void Files_of_both_versions_of_transformers_are_read(string name) => Assert.Equal(Expected, LlamaConfigFile.Read(Interop(name)));

    [Fact]
    public void Absent_keys_have_the_defaults_of_transformers()
    {
        File.WriteAllText(ConfigPath, """
            {"model_type": "llama", "hidden_size": 6, "intermediate_size": 9, "num_hidden_layers": 1, "num_attention_heads": 3,
             "max_position_embeddings": 5, "vocab_size": 7}
            """);
        GptConfig expected = Expected with
        {
            VocabularySize = 7,
            BlockSize = 5,
            LayerCount = 1,
            HeadCount = 3,
            KeyHeadCount = 3,
            HeadSize = 2,
            Width = 6,
            MlpWidth = 9,
            LayerNormEpsilon = 1e-6,
        };
        Assert.Equal(expected, LlamaConfigFile.Read(ConfigPath));
    }

    [Fact]
    public void Options_that_change_the_computation_are_taken_over()
    {
        Assert.Equal(Expected with { HeadSize = 10 }, ReadWith("\"head_dim\": 10"));
        Assert.Equal(Expected with { LayerNormEpsilon = 3e-6 }, ReadWith("\"rms_norm_eps\": 3e-6"));
        Assert.Equal(Expected with { TieHead = true }, ReadWith("\"tie_word_embeddings\": true"));
        Assert.Equal(Expected with { Bias = true }, ReadWith("\"attention_bias\": true, \"mlp_bias\": true"));
        Assert.Equal(Expected with { Bias = true, MlpBias = false }, ReadWith("\"attention_bias\": true"));
        Assert.Equal(Expected with { MlpBias = true }, ReadWith("\"mlp_bias\": true"));
        Assert.Equal(Expected with { Activation = MlpActivation.Geglu }, ReadWith("\"hidden_act\": \"gelu_pytorch_tanh\""));
        Assert.Equal(Expected with { Activation = MlpActivation.Geglu, Gelu = GeluForm.Erf }, ReadWith("\"hidden_act\": \"gelu\""));
        Assert.Equal(Expected with { Activation = MlpActivation.Reglu }, ReadWith("\"hidden_act\": \"relu\""));
    }

    [Theory]
    [InlineData("\"rope_theta\": 5e5")]
    [InlineData("\"rope_theta\": null, \"rope_parameters\": {\"rope_theta\": 500000, \"rope_type\": \"default\"}")]
    [InlineData("\"rope_theta\": 5e5, \"rope_parameters\": {\"rope_theta\": 500000}")]
    [InlineData("\"rope_theta\": 5e5, \"rope_scaling\": {\"type\": \"default\"}")]
    public void Theta_is_found_wherever_a_version_writes_it(string keys) =>
        Assert.Equal(Expected with { Rope = new RopeConfig { Theta = 500000 } }, ReadWith(keys));

    [Theory]
    [InlineData("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.5}")]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2.5}")]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 2.5, \"rope_theta\": 10000, \"partial_rotary_factor\": 1.0}")]
    public void Linear_scaling_is_taken_over(string keys) =>
        Assert.Equal(Expected with { Rope = new RopeConfig { Scaling = RopeScaling.Linear, Factor = 2.5 } }, ReadWith(keys));

    [Theory]
    [InlineData("rope_scaling")]
    [InlineData("rope_parameters")]
    public void Llama3_scaling_is_taken_over(string key)
    {
        RopeConfig rope = new() { Scaling = RopeScaling.Llama3, Factor = 32, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalBlockSize = 32 };
        Assert.Equal(Expected with { Rope = rope }, ReadWith(
            $$"""
            "{{key}}": {"rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
            """));
    }

    [Theory]
    [InlineData("\"hidden_size\": null", "the key hidden_size is missing.")]
    [InlineData("\"intermediate_size\": null", "the key intermediate_size is missing.")]
    [InlineData("\"max_position_embeddings\": \"64\"", "max_position_embeddings is \"64\", but must be a whole number from 1 to 2147483647.")]
    [InlineData("\"model_type\": \"gpt2\"", "model_type is \"gpt2\"; \"llama\", \"mistral\", \"qwen2\" or \"qwen3\" is needed here.")]
    [InlineData("\"num_key_value_heads\": 3", "num_key_value_heads (3) does not divide num_attention_heads (8).")]
    [InlineData("\"num_attention_heads\": 6, \"head_dim\": null", "num_attention_heads (6) does not divide hidden_size (64), and head_dim is not given.")]
    [InlineData("\"head_dim\": 7", "no model can have these sizes: model.head_size (7) is odd, but model.positions (rope) turns channels in pairs; make it even, or set model.rope_width to an even number below it.")]
    [InlineData("\"hidden_act\": \"mish\"", "hidden_act is \"mish\"; silu, gelu_new, gelu_pytorch_tanh, gelu and relu are supported.")]
    [InlineData("\"rms_norm_eps\": 0", "rms_norm_eps is 0, but must be a positive number.")]
    [InlineData("\"attention_bias\": 1", "attention_bias is 1, but must be true or false.")]
    [InlineData("\"attention_dropout\": 0.1", "attention_dropout is 0.1; dropout of attention weights alone is not supported here, so set it to 0.")]
    [InlineData("\"sliding_window\": 32", "sliding_window is set; this option is not supported for a Llama here.")]
    [InlineData("\"quantization_config\": {\"bits\": 4}", "quantization_config is set; this option is not supported for a Llama here.")]
    [InlineData("\"partial_rotary_factor\": 0.5", "partial_rotary_factor is set; this option is not supported for a Llama here.")]
    [InlineData("\"rope_theta\": 0", "rope_theta is 0, but must be a positive number.")]
    [InlineData("\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2}", "rope_scaling.type is \"dynamic\"; this scaling is not supported here, only default, linear and llama3 are.")]
    [InlineData("\"rope_parameters\": {\"rope_type\": \"yarn\", \"factor\": 2}", "rope_parameters.rope_type is \"yarn\"; this scaling is not supported here, only default, linear and llama3 are.")]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"linear\"}", "the key rope_scaling.factor is missing.")]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 0.5}", "rope_scaling.factor is 0.5, but must be a number from 1 up.")]
    [InlineData("\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8}", "the key rope_scaling.low_freq_factor is missing.")]
    [InlineData("\"rope_scaling\": \"linear\"", "rope_scaling is \"linear\", but must be an object in braces.")]
    [InlineData("\"rope_parameters\": {\"rope_theta\": 500000}", "rope_theta and rope_parameters.rope_theta differ; keep the one that the model was trained with.")]
    [InlineData("\"rope_parameters\": {}, \"rope_scaling\": {}", "rope_parameters and rope_scaling are both set; keep the one that the model was trained with.")]
    public void A_wrong_or_unsupported_key_is_named(string keys, string sentence) =>
        Assert.Equal($"{ConfigPath}: {sentence}", Assert.Throws<RefusedFileException>(() => ReadWith(keys)).Message);

    public static TheoryData<GptConfig> Written =>
    [
        Expected,
        Expected with { Bias = true, TieHead = true, HeadSize = 6, Activation = MlpActivation.Geglu, Rope = new RopeConfig { Theta = 5e5 } },
        Expected with { Bias = true, MlpBias = false },
        Expected with { MlpBias = true },
        Expected with { Activation = MlpActivation.Geglu, Gelu = GeluForm.Erf, Rope = new RopeConfig { Scaling = RopeScaling.Linear, Factor = 2 } },
        Expected with { Activation = MlpActivation.Reglu, Rope = new RopeConfig { Scaling = RopeScaling.Llama3, Factor = 8, OriginalBlockSize = 32 } },
    ];

    [Theory]
    [MemberData(nameof(Written))]
    public void What_is_written_is_read_back_equal(GptConfig config)
    {
        LlamaConfigFile.Write(ConfigPath, config);
        Assert.Equal(config, LlamaConfigFile.Read(ConfigPath));
    }

    [Fact]
    public void What_is_written_has_the_keys_of_transformers()
    {
        LlamaConfigFile.Write(ConfigPath, Expected);
        JsonObject theirs = JsonNode.Parse(File.ReadAllText(Interop("config.json")))!.AsObject();
        JsonObject ours = JsonNode.Parse(File.ReadAllText(ConfigPath))!.AsObject();
        Assert.Equal(theirs.Select(pair => pair.Key).Except(["transformers_version"]), ours.Select(pair => pair.Key));
        Assert.All(
            ours.Where(pair => !pair.Key.EndsWith("_token_id", StringComparison.Ordinal)),
            pair => Assert.True(JsonNode.DeepEquals(theirs[pair.Key], pair.Value), $"{pair.Key}: {theirs[pair.Key]} and {pair.Value}"));
    }

    [Fact]
    public void Models_that_the_layout_has_no_place_for_are_not_written()
    {
        (GptConfig Config, string Key)[] others =
        [
            (Expected with { Norm = NormKind.LayerNorm }, "model.norm"),
            (Expected with { Positions = PositionEncoding.Alibi }, "model.positions"),
            (Expected with { Rope = new RopeConfig { Pairing = RopePairing.Interleaved } }, "model.rope_pairing"),
            (Expected with { Rope = new RopeConfig { Width = 4 } }, "model.rope_width"),
            (Expected with { Rope = new RopeConfig { Scaling = RopeScaling.Ntk, Factor = 2 } }, "model.rope_scaling"),
            (Expected with { Activation = MlpActivation.Swish }, "model.activation"),
            (Expected with { Activation = MlpActivation.Bilinear }, "model.activation"),
            (Expected with { QkvBias = true, MlpBias = true }, "model.qkv_bias"),
            (Expected with { Bias = true, QkvBias = false }, "model.qkv_bias"),
            (Expected with { QkNorm = true, QkvBias = true }, "model.qkv_bias"),
            (Expected with { QkNorm = true, MlpBias = true }, "model.mlp_bias"),
            (Expected with { Window = 4, Bias = true }, "model.bias"),
            (Expected with { Window = 4, MlpBias = true }, "model.mlp_bias"),
            (Expected with { Window = 4, QkvBias = true, MlpBias = true }, "model.mlp_bias"),
            (Expected with { Parallel = true }, "model.parallel"),
            (Expected with { DocumentToken = 4 }, "model.document_mask"),
            (Expected with { AttentionCap = 4 }, "model.attention_cap"),
            (Expected with { LogitCap = 4 }, "model.logit_cap"),
        ];
        Assert.All(others, other =>
            Assert.Equal(other.Key, Assert.Throws<ConfigurationException>(() => LlamaConfigFile.Write(ConfigPath, other.Config)).Key));
        Assert.False(File.Exists(ConfigPath));
    }
}
