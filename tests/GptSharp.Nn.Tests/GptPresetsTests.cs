using GptSharp.Nn;
using Xunit;

namespace GptSharp.Nn.Tests;

public sealed class GptPresetsTests
{
    [Theory]
    [InlineData("gpt2", 124_439_808L)]
    [InlineData("gpt2-medium", 354_823_168L)]
    [InlineData("gpt2-large", 774_030_080L)]
    [InlineData("gpt2-xl", 1_557_611_200L)]
    public void Gpt2_has_the_published_number_of_parameters(string name, long parameters) =>
        Assert.Equal(parameters, new ParameterReport(GptPresets.Find(name).Config).Total);

    // Columns of table 2.1: layers, width, heads, head size; the two impossible rows as they were corrected.
    [Theory]
    [InlineData("gpt3-125m", 12, 768, 12, 64, 0.125e9)]
    [InlineData("gpt3-350m", 24, 1024, 16, 64, 0.356e9)]
    [InlineData("gpt3-760m", 24, 1536, 16, 96, 0.760e9)]
    [InlineData("gpt3-1.3b", 24, 2048, 16, 128, 1.3e9)]
    [InlineData("gpt3-2.7b", 32, 2560, 32, 80, 2.65e9)]
    [InlineData("gpt3-6.7b", 32, 4096, 32, 128, 6.66e9)]
    [InlineData("gpt3-13b", 40, 5120, 40, 128, 12.85e9)]
    [InlineData("gpt3-175b", 96, 12288, 96, 128, 174.6e9)]
    public void Gpt3_has_the_shape_of_the_paper(string name, int layers, int width, int heads, int headSize, double parameters)
    {
        GptConfig config = GptPresets.Find(name).Config;
        Assert.Equal((layers, width, heads, headSize), (config.LayerCount, config.Width, config.HeadCount, config.HeadSize));
        Assert.Equal((50257, 2048), (config.VocabularySize, config.BlockSize));
        Assert.InRange(new ParameterReport(config).Total, (long)(parameters * 0.98), (long)(parameters * 1.02));
    }

    // The released weights of LLaMA, llama2.c and TinyLlama.
    [Theory]
    [InlineData("llama-7b", 6_738_415_616L)]
    [InlineData("llama-13b", 13_015_864_320L)]
    [InlineData("llama-30b", 32_528_943_616L)]
    [InlineData("llama-65b", 65_285_660_672L)]
    [InlineData("tinyllama-1.1b", 1_100_048_384L)]
    [InlineData("stories15m", 15_191_712L)]
    [InlineData("stories42m", 41_689_600L)]
    [InlineData("stories110m", 109_529_856L)]
    public void Llama_has_the_published_number_of_parameters(string name, long parameters)
    {
        GptConfig config = GptPresets.Find(name).Config;
        Assert.Equal(parameters, new ParameterReport(config).Total);
        Assert.Equal(
            (NormKind.RMSNorm, PositionEncoding.Rope, MlpActivation.Swiglu, false), (config.Norm, config.Positions, config.Activation, config.Bias));
    }

    [Fact]
    public void Every_preset_is_possible_and_has_a_name_of_its_own()
    {
        Assert.Equal(20, GptPresets.All.Count);
        Assert.All(GptPresets.All, preset => preset.Config.Validate());
        string[] names = [.. GptPresets.All.SelectMany(preset => preset.Aliases.Append(preset.Name))];
        Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Theory]
    [InlineData("gpt3-xl", "16 heads")]
    [InlineData("gpt3-13b", "5120")]
    public void A_corrected_row_says_what_was_corrected(string name, string correction) =>
        Assert.Contains(GptPresets.Find(name).Notes, note => note.Contains("Table 2.1", StringComparison.Ordinal) && note.Contains(correction, StringComparison.Ordinal));

    [Fact]
    public void A_misspelt_preset_gets_the_nearest_name()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => GptPresets.Find("gtp2-medium"));
        Assert.Equal("there is no model preset 'gtp2-medium'; did you mean 'gpt2-medium'?", error.Message);
        Assert.Equal("model.preset", error.Key);
    }

    [Fact]
    public void A_name_unlike_any_preset_gets_the_list()
    {
        ConfigurationException error = Assert.Throws<ConfigurationException>(() => GptPresets.Find("some-other-family"));
        Assert.Contains("gpt2, gpt2-medium", error.Message, StringComparison.Ordinal);
        Assert.Contains("gpt3-175b", error.Message, StringComparison.Ordinal);
    }
}
