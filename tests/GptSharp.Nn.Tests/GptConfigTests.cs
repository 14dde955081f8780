using GptSharp.Nn;
using GptSharp.Tensors;
using Xunit;

namespace GptSharp.Nn.Tests;

public sealed class GptConfigTests
{
    private static readonly GptConfig Small = new() { VocabularySize = 65, BlockSize = 64, LayerCount = 4, HeadCount = 4, Width = 128 };

    private static readonly GptConfig Rotary = Small with { Positions = PositionEncoding.Rope };

    private static readonly RopeConfig Llama3 = new() { Scaling = RopeScaling.Llama3, Factor = 8, OriginalBlockSize = 8192 };

    [Theory]
    [InlineData(1, 64)]
    [InlineData(63, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 128)]
    [InlineData(50257, 50304)]
    public void The_padded_vocabulary_is_the_next_multiple_of_64(int vocabulary, int padded) =>
        Assert.Equal(padded, (Small with { VocabularySize = vocabulary }).PaddedVocabularySize);

    [Fact]
    public void The_mlp_is_four_times_as_wide_as_the_model_unless_set()
    {
        Assert.Equal(512, Small.MlpWidth);
        Assert.Equal(384, (Small with { Width = 96 }).MlpWidth);
        Assert.Equal(300, (Small with { MlpWidth = 300 }).MlpWidth);
    }

    [Fact]
    public void Setting_values_to_what_they_are_anyway_changes_nothing()
    {
        GptConfig same = Small with { MlpWidth = 512, KeyHeadCount = 4, HeadSize = 32, QkvBias = true, MlpBias = true, Rope = new RopeConfig { Width = 32 } };
        Assert.Equal(Small, same);
        Assert.Equal(Small.GetHashCode(), same.GetHashCode());
    }

    public static TheoryData<GptConfig> OneChangeEach =>
    [
        Small with { VocabularySize = 66 },
        Small with { BlockSize = 65 },
        Small with { LayerCount = 5 },
        Small with { HeadCount = 2 },
        Small with { Width = 132, MlpWidth = 512 },
        Small with { MlpWidth = 511 },
        Small with { TieHead = false },
        Small with { Bias = false },
        Small with { Dropout = 0.1 },
        Small with { Positions = PositionEncoding.Sinusoidal },
        Small with { Gelu = GeluForm.Erf },
        Small with { LayerNormEpsilon = 1e-6 },
        Small with { KeyHeadCount = 2 },
        Small with { HeadSize = 16 },
        Small with { QkvBias = false },
        Small with { MlpBias = false },
        Small with { Norm = NormKind.RMSNorm },
        Small with { QkNorm = true },
        Small with { Parallel = true },
        Small with { Activation = MlpActivation.Swiglu },
        Small with { Rope = new RopeConfig { Theta = 500 } },
        Small with { Window = 9 },
        Small with { DocumentToken = 0 },
        Small with { AttentionCap = 1 },
        Small with { LogitCap = 1 },
        Small with { ZLoss = 1 },
    ];

    [Theory]
    [MemberData(nameof(OneChangeEach))]
    public void Any_changed_value_makes_another_configuration(GptConfig changed) => Assert.NotEqual(Small, changed);

    [Fact]
    public void Every_settable_value_takes_part_in_equality() =>
        Assert.Equal(typeof(GptConfig).GetProperties().Count(property => property.CanWrite), OneChangeEach.Count);

    [Fact]
    public void Heads_that_do_not_divide_the_channels_are_refused_with_the_nearest_that_do()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => (Small with { HeadCount = 5 }).Validate());
        Assert.Equal("model.heads (5) does not divide model.channels (128): every head needs the same whole number of channels; 4 or 8 would fit.", error.Message);
        Assert.Equal("model.heads", error.Key);
    }

    [Fact]
    public void More_heads_than_channels_are_refused()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => (Small with { HeadCount = 200 }).Validate());
        Assert.EndsWith("128 would fit.", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<GptConfig, string> Impossible => new()
    {
        { Small with { VocabularySize = 0 }, "model.vocabulary" },
        { Small with { VocabularySize = int.MaxValue }, "model.vocabulary" },
        { Small with { BlockSize = 0 }, "model.block" },
        { Small with { LayerCount = -1 }, "model.layers" },
        { Small with { HeadCount = 0 }, "model.heads" },
        { Small with { Width = 0 }, "model.channels" },
        { Small with { MlpWidth = 0 }, "model.mlp" },
        { Small with { Dropout = 1 }, "model.dropout" },
        { Small with { Dropout = -0.1 }, "model.dropout" },
        { Small with { Dropout = double.NaN }, "model.dropout" },
        { Small with { LayerNormEpsilon = 0 }, "model.layer_norm_epsilon" },
        { Small with { KeyHeadCount = 0 }, "model.kv_heads" },
        { Small with { HeadSize = 0 }, "model.head_size" },
        { Small with { HeadCount = 1 << 20, HeadSize = 1 << 20 }, "model.heads" },
        { Small with { Window = 0 }, "model.window" },
        { Small with { ZLoss = -1 }, "model.z_loss" },
        { Small with { LogitCap = double.NaN }, "model.logit_cap" },
        { Small with { AttentionCap = double.PositiveInfinity }, "model.attention_cap" },
        { Rotary with { Rope = new RopeConfig { Theta = 0 } }, "model.rope_theta" },
        { Rotary with { Rope = new RopeConfig { Width = 0 } }, "model.rope_width" },
        { Rotary with { Rope = new RopeConfig { Scaling = RopeScaling.Linear, Factor = 0.5 } }, "model.rope_factor" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public void An_impossible_value_is_refused_by_the_name_of_its_key(GptConfig config, string key)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(config.Validate);
        Assert.Equal(key, error.Key);
        Assert.StartsWith(key + " (", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_odd_head_size_is_possible_where_nothing_turns_pairs() => Assert.Equal(7, (Small with { Width = 21, HeadCount = 3 }).Validate().HeadSize);

    public static TheoryData<GptConfig, string, string, string> Contradictions => new()
    {
        { Small with { KeyHeadCount = 3 }, "model.kv_heads", "model.heads (4)", "2 or 4 would fit" },
        { Small with { KeyHeadCount = 8 }, "model.kv_heads", "model.heads (4)", "4 would fit" },
        { Rotary with { HeadSize = 7 }, "model.head_size", "model.positions (rope)", "is odd" },
        { Rotary with { Rope = new RopeConfig { Width = 5 } }, "model.rope_width", "model.positions (rope)", "is odd" },
        { Rotary with { Rope = new RopeConfig { Width = 34 } }, "model.rope_width", "model.head_size (32)", "larger" },
        { Small with { Window = 65 }, "model.window", "model.block (64)", "longer" },
        { Small with { DocumentToken = 65 }, "model.document_mask", "model.vocabulary", "token 65" },
        { Small with { Activation = MlpActivation.Swiglu, Gelu = GeluForm.Erf }, "model.gelu", "model.activation (swiglu)", "no effect" },
        { Small with { Rope = new RopeConfig { Theta = 500 } }, "model.rope_theta", "model.positions (learned)", "no effect" },
        { Small with { Rope = new RopeConfig { Pairing = RopePairing.Interleaved } }, "model.rope_pairing", "model.positions (learned)", "(interleaved)" },
        { Small with { Positions = PositionEncoding.Alibi, Rope = Llama3 }, "model.rope_scaling", "model.positions (alibi)", "set that to rope" },
        { Rotary with { Rope = new RopeConfig { Factor = 2 } }, "model.rope_factor", "model.rope_scaling (none)", "no effect" },
        { Rotary with { Rope = Llama3 with { Scaling = RopeScaling.Ntk } }, "model.rope_original_block", "model.rope_scaling (ntk)", "only llama3" },
        { Rotary with { Rope = Llama3 with { OriginalBlockSize = null } }, "model.rope_scaling", "model.rope_original_block", "needs" },
        { Rotary with { Rope = Llama3 with { LowFrequencyFactor = 4 } }, "model.rope_low_freq_factor", "model.rope_high_freq_factor (4)", "below" },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void A_contradiction_is_refused_in_one_sentence_that_names_both_keys(GptConfig config, string key, string other, string words)
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(config.Validate);
        Assert.Equal(key, error.Key);
        Assert.StartsWith(key + " ", error.Message, StringComparison.Ordinal);
        Assert.Contains(other, error.Message, StringComparison.Ordinal);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(". ", error.Message, StringComparison.Ordinal);
    }
}
