using GptSharp.Nn;
using GptSharp.Tensors;
using Xunit;

namespace GptSharp.Nn.Tests;

public sealed class GptConfigTests
{
    private static readonly GptConfig Small = new() { VocabularySize = 65, BlockSize = 64, LayerCount = 4, HeadCount = 4, Width = 128 };

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
    public void Setting_the_mlp_width_to_its_default_changes_nothing()
    {
        GptConfig same = Small with { MlpWidth = 512 };
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
    public void An_odd_head_size_is_possible() => Assert.Equal(7, (Small with { Width = 21, HeadCount = 3 }).Validate().HeadSize);
}
