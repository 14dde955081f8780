using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Schedules;
using Xunit;

namespace GptSharp.Training.Tests.Configuration;

public sealed class RunConfigReaderTests
{
    private static RunConfig Parse(string yaml, params string[] overrides) => RunConfigReader.Parse(yaml, "some.yaml", overrides);

    private static ConfigurationException Refused(string yaml, params string[] overrides) => Assert.Throws<ConfigurationException>(() => Parse(yaml, overrides));

    [Fact]
    public void Keys_land_in_their_sections_and_the_others_keep_their_defaults()
    {
        RunConfig config = Parse("""
            # a comment
            model:
              layers: 3        # another
              channels: 96
              heads: 3
              positions: sinusoidal
            data:
              name: "my set"
              stories_characters: 1_000_000
            train:
              lr: 6e-4
              schedule: wsd
              decay_shape: one_minus_sqrt
              recompute: block
              threads: 2
              beta2: .99
            sample:
              prompt: "Once upon\na time"
              top_k: 40
            """);
        Assert.Equal((3, 96, 3, PositionEncoding.Sinusoidal), (config.Model.LayerCount, config.Model.Width, config.Model.HeadCount, config.Model.Positions));
        Assert.Equal(("my set", 1_000_000L), (config.Data.Name, config.Data.StoriesCharacters));
        Assert.Equal((6e-4, ScheduleShape.Wsd, DecayShape.OneMinusSqrt, Recompute.Block), (config.Train.LearningRate, config.Train.Schedule, config.Train.DecayShape, config.Train.Recompute));
        Assert.Equal((2, 0.99), (config.Train.Threads, config.Train.Beta2));
        Assert.Equal(("Once upon\na time", 40), (config.Sample.Prompt, config.Sample.TopK));
        Assert.Equal(new RunConfig().Train.Batch, config.Train.Batch);
    }

    [Fact]
    public void A_section_without_keys_is_a_section_of_defaults() => Assert.Equal(new RunConfig(), Parse("train:\n  # steps: 5\nmodel:\n"));

    [Fact]
    public void A_preset_is_refined_by_the_other_keys_whatever_their_order()
    {
        RunConfig config = Parse("model:\n  layers: 6\n  preset: gpt2-small\n  dropout: 0.1\n");
        Assert.Equal(("gpt2", 6, 768, 12, 1024, 0.1), (config.Model.Preset, config.Model.LayerCount, config.Model.Width, config.Model.HeadCount, config.Model.BlockSize, config.Model.Dropout));
    }

    [Fact]
    public void Overrides_win_over_the_file_and_later_ones_over_earlier_ones()
    {
        RunConfig config = Parse("train:\n  lr: 1e-3\n  steps: 10\n", "train.lr=2e-3", "train.lr=3e-3", "data.path=a=b c");
        Assert.Equal((3e-3, 10L, "a=b c"), (config.Train.LearningRate, config.Train.Steps, config.Data.Path));
    }

    [Theory]
    [InlineData("train:\n  steps: 5\n  stpes: 9\n", "some.yaml:3: there is no key 'train.stpes'; the nearest valid key is 'train.steps'.")]
    [InlineData("train:\n  dropout: 0.1\n", "some.yaml:2: there is no key 'train.dropout'; the nearest valid key is 'model.dropout'.")]
    [InlineData("\nsteps: 9\n", "some.yaml:2: there is no key 'steps'; the nearest valid key is 'train.steps'.")]
    [InlineData("modle:\n  layers: 9\n", "some.yaml:1: there is no key 'modle'; the nearest valid key is 'model'.")]
    [InlineData("model:\n  n_layers: 9\n", "some.yaml:2: there is no key 'model.n_layers'; the nearest valid key is 'model.layers'.")]
    public void An_unknown_key_is_named_with_file_line_and_the_nearest_valid_key(string yaml, string message) => Assert.Equal(message, Refused(yaml).Message);

    [Theory]
    [InlineData("train:\n  steps: many\n", "some.yaml:2: train.steps is 'many', but must be a whole number of at least 1.")]
    [InlineData("train:\n  steps: 1.5\n", "some.yaml:2: train.steps is '1.5', but must be a whole number of at least 1.")]
    [InlineData("train:\n  steps: 0\n", "some.yaml:2: train.steps is '0', but must be a whole number of at least 1.")]
    [InlineData("train:\n  steps: 99999999999999999999\n", "some.yaml:2: train.steps is '99999999999999999999', but must be a whole number of at least 1.")]
    [InlineData("train:\n  steps:\n", "some.yaml:2: train.steps is empty, but must be a whole number of at least 1.")]
    [InlineData("train:\n  lr: -1\n", "some.yaml:2: train.lr is '-1', but must be a number above 0.")]
    [InlineData("train:\n  lr: .nan\n", "some.yaml:2: train.lr is '.nan', but must be a number above 0.")]
    [InlineData("train:\n  lr: 1e999\n", "some.yaml:2: train.lr is '1e999', but must be a number above 0.")]
    [InlineData("train:\n  lr: 0,001\n", "some.yaml:2: train.lr is '0,001', but must be a number above 0.")]
    [InlineData("train:\n  min_lr: low\n", "some.yaml:2: train.min_lr is 'low', but must be a number of at least 0, or auto.")]
    [InlineData("train:\n  schedule: cosin\n", "some.yaml:2: train.schedule is 'cosin', but must be one of cosine, linear, constant, wsd.")]
    [InlineData("model:\n  bias: maybe\n", "some.yaml:2: model.bias is 'maybe', but must be true or false.")]
    [InlineData("model:\n  dropout: 1\n", "some.yaml:2: model.dropout is '1', but must be a number from 0 to below 1.")]
    [InlineData("sample:\n  top_p: 1.1\n", "some.yaml:2: sample.top_p is '1.1', but must be a number above 0 and at most 1.")]
    [InlineData("model:\n  preset: gtp2\n", "some.yaml:2: there is no model preset 'gtp2'; did you mean 'gpt2'?")]
    public void An_ill_typed_value_is_named_with_file_line_and_what_was_expected(string yaml, string message) => Assert.Equal(message, Refused(yaml).Message);

    [Theory]
    [InlineData("train:\n  steps: [1, 2]\n", "some.yaml:2: train.steps must be one value, a whole number of at least 1, not a list or a group of keys.")]
    [InlineData("train:\n  steps: 1\n  steps: 2\n", "some.yaml:3: train.steps is given twice, first on line 2; keep one.")]
    [InlineData("train: 5\n", "some.yaml:1: 'train:' is a section; put its keys on indented lines below it.")]
    [InlineData("- train\n", "some.yaml:1: expected sections such as 'train:', with keys below them.")]
    [InlineData("", "some.yaml: the file holds no settings; start with a section, such as 'train:'.")]
    [InlineData("train:\n  steps: 1\n---\ntrain:\n", "some.yaml:3: a second document starts here; a configuration is one document.")]
    public void Another_structure_is_refused_where_it_begins(string yaml, string message) => Assert.Equal(message, Refused(yaml).Message);

    [Theory]
    [InlineData("train:\n  steps: \"1\n", 2)]
    [InlineData("train:\n  steps: 1\n lr: 2\n", 3)]
    public void Text_that_is_not_yaml_is_refused_with_its_line(string yaml, int line)
    {
        ConfigurationException error = Refused(yaml);
        Assert.StartsWith("this is not valid YAML: ", error.Problem, StringComparison.Ordinal);
        Assert.Equal(("some.yaml", line), (error.Origin, error.Line));
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("train:\n  steps: 1\n\tlr: 2\n", 3)]
    [InlineData("train:\n\tsteps: 1\n", 2)]
    public void A_tab_is_named_as_such(string yaml, int line) => Assert.Equal($"some.yaml:{line}: this line is indented with a tab; YAML allows only spaces.", Refused(yaml).Message);

    [Theory]
    [InlineData("train.stpes=9", "--set train.stpes=9: there is no key 'train.stpes'; the nearest valid key is 'train.steps'.")]
    [InlineData("lr=9", "--set lr=9: there is no key 'lr'; the nearest valid key is 'train.lr'.")]
    [InlineData("train.lr=fast", "--set train.lr=fast: train.lr is 'fast', but must be a number above 0.")]
    [InlineData("train.lr", "--set train.lr: expected section.key=value, for example --set train.lr=1e-3.")]
    [InlineData("train.lr=", "--set train.lr=: train.lr is empty, but must be a number above 0.")]
    public void A_wrong_override_is_named_as_the_option_it_was(string assignment, string message) => Assert.Equal(message, Refused("train:\n  steps: 5\n", assignment).Message);

    [Fact]
    public void Heads_that_do_not_divide_the_channels_point_at_the_line_of_the_heads()
    {
        ConfigurationException error = Refused("model:\n  channels: 128\n  heads: 5\n");
        Assert.StartsWith("some.yaml:3: model.heads (5) does not divide model.channels (128)", error.Message, StringComparison.Ordinal);
        error = Refused("model:\n  channels: 128\n", "model.heads=5");
        Assert.StartsWith("--set model.heads=5: model.heads (5) does not divide", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model:\n  heads: 4\n  kv_heads: 3\n", 3, "model.kv_heads (3) does not divide model.heads (4)")]
    [InlineData("model:\n  block: 64\n  window: 65\n", 3, "model.window (65) is longer than model.block (64)")]
    [InlineData("model:\n  positions: rope\n  head_size: 9\n", 3, "model.head_size (9) is odd, but model.positions (rope) turns channels in pairs")]
    [InlineData("model:\n  positions: rope\n  rope_width: 7\n", 3, "model.rope_width (7) is odd, but model.positions (rope) turns channels in pairs")]
    [InlineData("model:\n  positions: alibi\n  rope_theta: 500\n", 3, "model.rope_theta (500) has no effect with model.positions (alibi)")]
    [InlineData("model:\n  activation: relu\n  gelu: erf\n", 3, "model.gelu (erf) has no effect on model.activation (relu)")]
    public void A_contradiction_of_the_model_s_keys_points_at_the_line_of_one(string yaml, int line, string message) =>
        Assert.StartsWith($"some.yaml:{line}: {message}", Refused(yaml).Message, StringComparison.Ordinal);

    [Fact]
    public void A_llama_preset_sets_every_part_of_its_shape()
    {
        foreach (GptPreset preset in GptPresets.All)
        {
            ModelSection model = Parse($"model:\n  preset: {preset.Name}\n").Model;
            Assert.Equal(preset.Config, model.ToGptConfig(preset.Config.VocabularySize));
        }

        ModelSection wide = Parse("model:\n  preset: tinyllama\n  channels: 1024\n  dropout: 0.1\n").Model;
        Assert.Equal((32, 4, 5632, 0.1), (wide.ToGptConfig(9).HeadSize, wide.KeyHeadCount, wide.MlpWidth, wide.Dropout));
    }

    [Fact]
    public void The_built_in_stories_need_no_separator_for_a_document_mask()
    {
        ModelSection model = Parse("model:\n  document_mask: true\n").Model;
        Assert.Equal(7, model.ToGptConfig(dataVocabularySize: 9, separator: 7).DocumentToken);
        Assert.Null(new ModelSection().ToGptConfig(dataVocabularySize: 9, separator: 7).DocumentToken);
    }

    [Theory]
    [InlineData("train:\n  batch: 12\n  micro_batch: 5\n", "some.yaml:3: train.micro_batch (5) does not divide train.batch (12)")]
    [InlineData("train:\n  lr: 1e-3\n  min_lr: 1e-2\n", "some.yaml:3: train.min_lr (0.01) is above train.lr (0.001)")]
    [InlineData("train:\n  schedule: wsd\n  steps: 10\n  warmup: 6\n  decay_steps: 5\n", "some.yaml:5: train.warmup (6) and train.decay_steps (5) together exceed train.steps (10).")]
    [InlineData("train:\n  schedule: wsd\n  decay_shape: exponential\n  min_lr: 0\n", "some.yaml:4: train.min_lr (0) cannot be reached by an exponential decay")]
    [InlineData("data:\n  validation_share: 0.6\n  test_share: 0.5\n", "some.yaml:2: data.validation_share (0.6) and data.test_share (0.5) leave nothing to train on")]
    public void Values_that_contradict_each_other_are_refused(string yaml, string message) => Assert.StartsWith(message, Refused(yaml).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("recompute: none", "none")]
    [InlineData("recompute: attention", "attention")]
    [InlineData("recompute: block", "block")]
    [InlineData("recompute: every:2", "every: 2")]
    [InlineData("recompute: {every: 2}", "every: 2")]
    [InlineData("recompute:\n    every: 2", "every: 2")]
    [InlineData("recompute: every:1", "block")]
    public void Recompute_is_a_word_or_every_so_many_blocks(string yaml, string recompute) =>
        Assert.Equal(recompute, Parse($"train:\n  {yaml}\n").Train.Recompute.ToString());

    [Theory]
    [InlineData("recompute: blocks", "'blocks'")]
    [InlineData("recompute: {every: 0}", "'every: 0'")]
    [InlineData("recompute: {each: 2}", "'each: 2'")]
    public void Another_recompute_is_refused(string yaml, string found) => Assert.Equal(
        $"some.yaml:2: train.recompute is {found}, but must be none, attention, block, or 'every: k' with a whole number k of at least 1.",
        Refused($"train:\n  {yaml}\n").Message);

    [Fact]
    public void Rates_of_layers_are_one_number_or_one_for_each_layer()
    {
        Assert.Equal([0.5], Parse("train:\n  lr_scale_layers: 0.5\n").Train.LayerRateScales.Numbers);
        Assert.Equal([1, 0.5], Parse("model:\n  layers: 2\ntrain:\n  lr_scale_layers: [1, 0.5]\n").Train.LayerRateScales.Numbers);
        Assert.Equal([1, 0.5], Parse("model:\n  layers: 2\n", "train.lr_scale_layers=1, 0.5").Train.LayerRateScales.Numbers);
        Assert.Equal(
            "some.yaml:4: train.lr_scale_layers has 3 numbers and model.layers is 2; give one number for all layers, or one for each.",
            Refused("model:\n  layers: 2\ntrain:\n  lr_scale_layers: [1, 1, 1]\n").Message);
        Assert.Equal(
            "some.yaml:2: train.lr_scale_layers is '1, -1', but must be a number of at least 0, or a list of such numbers.",
            Refused("train:\n  lr_scale_layers: [1, -1]\n").Message);
    }

    [Fact]
    public void A_missing_file_suggests_its_neighbour()
    {
        string path = Path.Combine(Golden.Repository, "configs", "quikstart.yaml");
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => RunConfigReader.Load(path));
        Assert.Equal($"{path}: there is no such file; did you mean {path.Replace("quik", "quick", StringComparison.Ordinal)}?", error.Message);
    }

    [Fact]
    public void A_folder_is_not_a_configuration()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => RunConfigReader.Load(Path.GetTempPath()));
        Assert.EndsWith("this is a folder; give a YAML file.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_are_refused_in_one_sentence()
    {
        byte[] noise = new byte[512];
        for (int seed = 0; seed < 200; seed++)
        {
            new Random(seed).NextBytes(noise);
            ConfigurationException error = Refused(System.Text.Encoding.Latin1.GetString(noise));
            Assert.StartsWith("some.yaml", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_vocabulary_smaller_than_the_data_sets_is_refused()
    {
        ModelSection model = Parse("model:\n  vocabulary: 60\n").Model;
        Assert.Equal(60, model.ToGptConfig(60).VocabularySize);
        Assert.Equal("model.vocabulary (60) is smaller than the data set's vocabulary (65); raise it or leave it out.", Assert.Throws<ConfigurationException>(() => model.ToGptConfig(65)).Message);
        Assert.Equal(65, new ModelSection().ToGptConfig(65).VocabularySize);
    }
}
