using GptSharp.Nn;
using GptSharp.Training.Configuration;
using Xunit;

namespace GptSharp.Training.Tests.Configuration;

public sealed class SettingsTests
{
    // A valid value that is not the default, for every key: the table must be listed in full here.
    private static readonly Dictionary<string, string> OtherValues = new()
    {
        ["model.preset"] = "gpt2",
        ["model.layers"] = "7",
        ["model.heads"] = "2",
        ["model.channels"] = "132",
        ["model.mlp"] = "300",
        ["model.block"] = "77",
        ["model.vocabulary"] = "1000",
        ["model.dropout"] = "0.25",
        ["model.bias"] = "false",
        ["model.tie_head"] = "false",
        ["model.positions"] = "sinusoidal",
        ["model.gelu"] = "erf",
        ["model.layer_norm_epsilon"] = "1e-06",
        ["model.kv_heads"] = "2",
        ["model.head_size"] = "20",
        ["model.mlp_bias"] = "false",
        ["model.qkv_bias"] = "false",
        ["model.norm"] = "rmsnorm",
        ["model.qk_norm"] = "true",
        ["model.parallel"] = "true",
        ["model.activation"] = "swiglu",
        ["model.rope_theta"] = "500000",
        ["model.rope_pairing"] = "interleaved",
        ["model.rope_width"] = "8",
        ["model.rope_scaling"] = "ntk",
        ["model.rope_factor"] = "2.5",
        ["model.rope_low_freq_factor"] = "2",
        ["model.rope_high_freq_factor"] = "8",
        ["model.rope_original_block"] = "64",
        ["model.window"] = "64",
        ["model.document_mask"] = "true",
        ["model.attention_cap"] = "50",
        ["model.logit_cap"] = "30",
        ["model.z_loss"] = "0.0001",
        ["data.separator"] = "x",
        ["data.name"] = "tinyshakespeare",
        ["data.path"] = "some/folder",
        ["data.mixture"] = "[data/web*1, data/wiki*2.5]",
        ["data.tokenizer"] = "byte",
        ["data.alignment"] = "document",
        ["data.validation_share"] = "0.2",
        ["data.test_share"] = "0.05",
        ["data.stories_seed"] = "18446744073709551615",
        ["data.stories_characters"] = "1000",
        ["train.init"] = "models/llama",
        ["train.steps"] = "5000000000",
        ["train.batch"] = "24",
        ["train.micro_batch"] = "3",
        ["train.memory_limit"] = "1536MiB",
        ["train.lr"] = "0.00030000000000000003",
        ["train.min_lr"] = "0",
        ["train.warmup"] = "0",
        ["train.schedule"] = "wsd",
        ["train.decay_shape"] = "exponential",
        ["train.decay_steps"] = "10",
        ["train.beta1"] = "0.8",
        ["train.beta2"] = "0.999",
        ["train.eps"] = "1e-10",
        ["train.weight_decay"] = "0",
        ["train.clip"] = "0",
        ["train.seed"] = "42",
        ["train.threads"] = "3",
        ["train.device"] = "reference",
        ["train.precision"] = "bf16-pure",
        ["train.recompute"] = "every:3",
        ["train.loss_rows"] = "4096",
        ["train.lr_scale_embedding"] = "0.5",
        ["train.lr_scale_layers"] = "[1, 0.5, 0.25, 0]",
        ["train.eval_every"] = "0",
        ["train.eval_batches"] = "5",
        ["train.checkpoint_every"] = "0",
        ["train.checkpoint_background"] = "false",
        ["train.keep_last"] = "5",
        ["train.keep_best"] = "false",
        ["train.keep_every"] = "1000",
        ["train.optimizer"] = "sgd",
        ["train.momentum"] = "0.95",
        ["train.nesterov"] = "true",
        ["train.on_nonfinite"] = "skip",
        ["train.on_spike"] = "stop",
        ["train.spike_score"] = "6.5",
        ["train.spike_window"] = "64",
        ["train.skip_limit"] = "2",
        ["train.out"] = "elsewhere",
        ["train.name"] = "first",
        ["sample.every"] = "0",
        ["sample.count"] = "3",
        ["sample.judged"] = "20",
        ["sample.length"] = "20",
        ["sample.prompt"] = "Once",
        ["sample.temperature"] = "0",
        ["sample.top_k"] = "40",
        ["sample.top_p"] = "0.9",
        ["sample.seed"] = "9",
    };

    // Keys that mean something only together with others.
    private static readonly Dictionary<string, string[]> Companions = new()
    {
        ["model.rope_theta"] = ["model.positions=rope"],
        ["model.rope_pairing"] = ["model.positions=rope"],
        ["model.rope_width"] = ["model.positions=rope"],
        ["model.rope_scaling"] = ["model.positions=rope"],
        ["model.rope_factor"] = ["model.positions=rope", "model.rope_scaling=linear"],
        ["model.rope_low_freq_factor"] = ["model.positions=rope", "model.rope_scaling=llama3", "model.rope_original_block=64"],
        ["model.rope_high_freq_factor"] = ["model.positions=rope", "model.rope_scaling=llama3", "model.rope_original_block=64"],
        ["model.rope_original_block"] = ["model.positions=rope", "model.rope_scaling=llama3"],
    };

    private static RunConfig With(string key, string value) =>
        RunConfigReader.Parse("train:\n", "some.yaml", [.. Companions.GetValueOrDefault(key, []), $"{key}={value}"]);

    public static TheoryData<string> Keys => [.. Settings.All.Select(setting => setting.Key)];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_key_changes_the_configuration_and_reads_back_as_written(string key)
    {
        Setting setting = Settings.TryFind(key)!;
        RunConfig changed = With(key, OtherValues[key]);
        Assert.Equal(OtherValues[key], setting.Format(changed));
        Assert.NotEqual(OtherValues[key], setting.Default);
        Assert.NotEqual(new RunConfig(), changed);
    }

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_key_survives_saving(string key)
    {
        RunConfig changed = With(key, OtherValues[key]);
        Assert.Equal(changed, RunConfigReader.Parse(RunConfigWriter.ToYaml(changed), "saved.yaml"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("auto")]
    [InlineData("none")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("- a: b # c")]
    [InlineData("  spaces  ")]
    [InlineData("Once upon a time\n\"there\" was\ta 'cat' \\ ")]
    [InlineData("Ünïcödé 漢字 😀 \u0001")]
    public void Any_text_survives_saving(string text)
    {
        RunConfig config = new() { Sample = new() { Prompt = text } };
        Assert.Equal(config, RunConfigReader.Parse(RunConfigWriter.ToYaml(config), "saved.yaml"));
        if (text.Length > 0)
        {
            config = config with { Data = new() { Path = text }, Train = new() { Name = text } };
            Assert.Equal(config, RunConfigReader.Parse(RunConfigWriter.ToYaml(config), "saved.yaml"));
        }
    }

    [Fact]
    public void Every_key_has_a_sentence_of_help_and_a_default_that_reads_back()
    {
        Assert.Equal(Settings.All.Count, Settings.All.Select(setting => setting.Key).Distinct().Count());
        Assert.All(Settings.All, setting => Assert.EndsWith(".", setting.Help, StringComparison.Ordinal));
        Assert.Equal(new RunConfig(), RunConfigReader.Parse(RunConfigWriter.ToYaml(new RunConfig()), "defaults.yaml"));
    }

    [Fact]
    public void The_reference_names_every_key_and_keeps_to_the_width()
    {
        string reference = RunConfigWriter.Reference(60);
        Assert.All(Settings.All, setting => Assert.Contains($"\n  {setting.Name}: {setting.Default}\n", "\n" + reference, StringComparison.Ordinal));
        Assert.All(reference.Split('\n'), line => Assert.True(line.Length <= 60, line));
    }

    [Theory]
    [InlineData("train.steps", "50")]
    [InlineData("train.lr", "0.5")]
    public void A_change_of_trajectory_is_allowed_and_announced(string key, string value)
    {
        string notice = Assert.Single(ResumeComparison.Check(new RunConfig(), With(key, value)));
        Assert.StartsWith($"{key} was {Settings.TryFind(key)!.Default} and is now {value}", notice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train.threads", "3")]
    [InlineData("train.eval_every", "3")]
    [InlineData("train.recompute", "attention")]
    [InlineData("data.path", "moved/here")]
    [InlineData("sample.temperature", "0.5")]
    public void What_touches_no_weight_may_change_in_silence(string key, string value) => Assert.Empty(ResumeComparison.Check(new RunConfig(), With(key, value)));

    [Theory]
    [InlineData("", "data.validation_share=0.1", true)]
    [InlineData("", "data.test_share=0", true)]
    [InlineData("", "data.validation_share=0.2", false)]
    [InlineData("data.path=prepared", "data.validation_share=0.2", true)]
    [InlineData("data.path=prepared", "data.test_share=0.2", true)]
    [InlineData("data.path=prepared,data.test_share=0.1", "data.test_share=0.2", false)]
    public void A_share_may_be_named_later_if_it_is_the_same(string start, string share, bool mayChange)
    {
        string[] common = start.Split(',', StringSplitOptions.RemoveEmptyEntries);
        RunConfig before = RunConfigReader.Parse("train:\n", "some.yaml", common);
        RunConfig after = RunConfigReader.Parse("train:\n", "some.yaml", [.. common, share]);
        foreach ((RunConfig started, RunConfig resumed) in ((RunConfig, RunConfig)[])[(before, after), (after, before)])
        {
            if (mayChange)
            {
                Assert.Empty(ResumeComparison.Check(started, resumed));
            }
            else
            {
                Assert.StartsWith("data.", Assert.Throws<ConfigurationException>(() => ResumeComparison.Check(started, resumed)).Key, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("model.layers", "7")]
    [InlineData("model.dropout", "0.5")]
    [InlineData("data.name", "other")]
    [InlineData("train.batch", "24")]
    [InlineData("train.seed", "24")]
    public void What_the_checkpoint_depends_on_may_not_change(string key, string value)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => ResumeComparison.Check(new RunConfig(), With(key, value)));
        Assert.StartsWith($"{key} was {Settings.TryFind(key)!.Default} when this run started and is {value} now", error.Message, StringComparison.Ordinal);
        Assert.Equal(key, error.Key);
    }
}
