using System.Text.Json.Nodes;
using GptSharp.Files;
using GptSharp.Nn.ModelFiles;

namespace GptSharp.Nn.Tests.ModelFiles;

/// <summary>The keys of Mistral's, Qwen 2's and Qwen 3's configurations, which differ from Llama's and from each other.</summary>
public sealed class LlamaFamilyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string ConfigPath => _folder.At("config.json");

    public void Dispose() => _folder.Dispose();

    private GptConfig ReadWith(string model, string keys)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.Folder, "interop-own", model, "config.json")))!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse($"{{{keys}}}")!.AsObject())
        {
            config[key] = value?.DeepClone();
        }

        File.WriteAllText(ConfigPath, config.ToJsonString());
        return LlamaConfigFile.Read(ConfigPath);
    }

    private GptConfig ReadWithout(string model, params string[] keys)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.Folder, "interop-own", model, "config.json")))!.AsObject();
        Array.ForEach(keys, key => config.Remove(key));
        File.WriteAllText(ConfigPath, config.ToJsonString());
        return LlamaConfigFile.Read(ConfigPath);
    }

    [Theory]
    [InlineData("mistral")]
    [InlineData("qwen2")]
    [InlineData("qwen2-window")]
    [InlineData("qwen3")]
    [InlineData("llama3")]
    [InlineData("llama-mlp-bias")]
    public void What_was_read_is_written_as_the_same_kind_of_model_and_read_back_equal(string model)
    {
        string folder = Path.Combine(Golden.Folder, "interop-own", model);
        GptConfig config = ModelFolder.ReadConfig(folder);
        LlamaConfigFile.Write(ConfigPath, config);
        Assert.Equal(config, LlamaConfigFile.Read(ConfigPath));
        JsonNode theirs = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!, ours = JsonNode.Parse(File.ReadAllText(ConfigPath))!;
        Assert.Equal((string)theirs["model_type"]!, (string)ours["model_type"]!);
        Assert.Equal((string)theirs["architectures"]![0]!, (string)ours["architectures"]![0]!);
    }

    [Fact]
    public void Absent_keys_have_each_models_own_defaults()
    {
        Assert.Null(ReadWith("mistral", "\"sliding_window\": null").Window);
        Assert.Equal(4096, ReadWith("mistral", "\"max_position_embeddings\": 5000, \"sliding_window\": 4096").Window);
        Assert.Equal(128, ReadWithout("qwen3", "head_dim").HeadSize);
        Assert.Equal(6, ReadWithout("qwen2", "head_dim").HeadSize);
        Assert.Equal(4, ReadWith("qwen3", "\"num_key_value_heads\": null").KeyHeadCount);
        Assert.False(ReadWithout("qwen2", "tie_word_embeddings").TieHead);
        RefusedFileException exception = Assert.Throws<RefusedFileException>(() => ReadWithout("mistral", "num_key_value_heads"));
        Assert.EndsWith("num_key_value_heads (8), which is what an absent key means for a Mistral, does not divide num_attention_heads (4).", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_window_of_Mistral_is_4096_where_sequences_can_be_longer()
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.Folder, "interop-own", "mistral", "config.json")))!.AsObject();
        config.Remove("sliding_window");
        config["max_position_embeddings"] = 8192;
        File.WriteAllText(ConfigPath, config.ToJsonString());
        Assert.Equal(4096, LlamaConfigFile.Read(ConfigPath).Window);
    }

    [Theory]
    [InlineData("mistral", "\"sliding_window\": 31", 31)]
    [InlineData("mistral", "\"sliding_window\": 32", null)]
    [InlineData("qwen2", "\"use_sliding_window\": true", 4)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 2", null)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": null", null)]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"sliding_window\": null", null)]
    [InlineData("qwen3", "\"use_sliding_window\": true, \"sliding_window\": 7, \"layer_types\": null, \"max_window_layers\": 0", 7)]
    public void A_window_counts_where_transformers_lets_it_count(string model, string keys, int? window) => Assert.Equal(window, ReadWith(model, keys).Window);

    [Theory]
    [InlineData("qwen2", "\"use_sliding_window\": true, \"max_window_layers\": 1", "max_window_layers gives 1 of 2 layers a window and 1 none; here all layers must have the same.")]
    [InlineData("qwen2-window", "\"layer_types\": [\"full_attention\", \"sliding_attention\"]", "layer_types gives 1 of 2 layers a window and 1 none; here all layers must have the same.")]
    [InlineData("qwen2-window", "\"use_sliding_window\": false", "layer_types has sliding_attention, but no sliding_window is in force.")]
    [InlineData("qwen2-window", "\"layer_types\": [\"full_attention\"]", "layer_types names 1 layers, but num_hidden_layers is 2.")]
    [InlineData("qwen2-window", "\"layer_types\": [\"chunked_attention\", \"full_attention\"]", "layer_types has \"chunked_attention\"; full_attention and sliding_attention are supported.")]
    [InlineData("mistral", "\"layer_types\": [\"full_attention\", \"full_attention\"]", "layer_types gives 0 of 2 layers a window, but sliding_window says all.")]
    [InlineData("mistral", "\"attention_bias\": true", "attention_bias is true, but a Mistral has no such option; its biases are fixed.")]
    [InlineData("qwen2", "\"mlp_bias\": true", "mlp_bias is true, but a Qwen 2 has no such option; its biases are fixed.")]
    [InlineData("qwen3", "\"rope_parameters\": {\"rope_type\": \"yarn\", \"rope_theta\": 1e6, \"factor\": 4}", "rope_parameters.rope_type is \"yarn\"; this scaling is not supported here, only default, linear and llama3 are.")]
    [InlineData("qwen3", "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 1e6}}", "rope_parameters.full_attention is an object; a rotary embedding for each kind of layer is not supported here.")]
    [InlineData("qwen2", "\"use_mrope\": true", "use_mrope is set; this option is not supported for a Qwen 2 here.")]
    [InlineData("mistral", "\"final_logit_softcapping\": 30", "final_logit_softcapping is set; this option is not supported for a Mistral here.")]
    [InlineData("llama3", "\"embedding_multiplier\": 12.0", "embedding_multiplier is set; this option is not supported for a Llama here.")]
    [InlineData("llama3", "\"sliding_window\": 4", "sliding_window is set; this option is not supported for a Llama here.")]
    public void What_cannot_be_honoured_is_refused_by_name(string model, string keys, string sentence) =>
        Assert.Equal($"{ConfigPath}: {sentence}", Assert.Throws<RefusedFileException>(() => ReadWith(model, keys)).Message);

    [Fact]
    public void Changed_configurations_are_read_or_refused()
    {
        string[] sound = [.. new[] { "interop/hf-gpt2", "interop/hf-llama", "interop-own/qwen3" }.Select(name => File.ReadAllText(Path.Combine(Golden.Folder, name, "config.json")))];
        string[] pieces = ["{", "}", "[", "]", ",", ":", "\"", "null", "NaN", "-1", "1e999", "true", "\"\\ud800\"", "99999999999999999999", new string('[', 100)];
        var random = new Random(11);
        int refused = 0;
        for (int round = 0; round < 1_000; round++)
        {
            string text = sound[round % sound.Length];
            int place = random.Next(text.Length);
            text = random.Next(3) switch
            {
                0 => text.Remove(place, Math.Min(random.Next(1, 12), text.Length - place)),
                1 => text.Insert(place, pieces[random.Next(pieces.Length)]),
                _ => text[..place] + (char)random.Next(32, 127) + text[(place + 1)..],
            };
            File.WriteAllText(ConfigPath, text);
            try
            {
                ModelFolder.ReadConfig(_folder.Path);
            }
            catch (RefusedFileException exception)
            {
                Assert.StartsWith(ConfigPath + ": ", exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 300, 990);
    }
}
