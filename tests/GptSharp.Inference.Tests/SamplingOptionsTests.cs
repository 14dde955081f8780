using GptSharp.Nn;

namespace GptSharp.Inference.Tests;

public sealed class SamplingOptionsTests
{
    public static TheoryData<SamplingOptions, string> Wrong => new()
    {
        { new SamplingOptions { Temperature = -0.1 }, "temperature (-0.1) is not a number from 0 up; 1 draws as the model says, 0 takes the likeliest token." },
        { new SamplingOptions { Temperature = double.NaN }, "temperature (NaN) is not a number from 0 up; 1 draws as the model says, 0 takes the likeliest token." },
        { new SamplingOptions { Temperature = double.PositiveInfinity }, "temperature (Infinity) is not a number from 0 up; 1 draws as the model says, 0 takes the likeliest token." },
        { new SamplingOptions { TopK = 0 }, "top_k (0) is not a positive whole number; leave it out to draw from all tokens." },
        { new SamplingOptions { TopK = -3 }, "top_k (-3) is not a positive whole number; leave it out to draw from all tokens." },
        { new SamplingOptions { TopP = 0 }, "top_p (0) is not a probability above 0 and at most 1; 1 draws from all tokens." },
        { new SamplingOptions { TopP = 1.5 }, "top_p (1.5) is not a probability above 0 and at most 1; 1 draws from all tokens." },
        { new SamplingOptions { TopP = double.NaN }, "top_p (NaN) is not a probability above 0 and at most 1; 1 draws from all tokens." },
        { new SamplingOptions { MaxTokens = 0 }, "The number of new tokens (0) is not a positive whole number; use 1 or more." },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Wrong))]
    public void A_value_out_of_range_gets_one_sentence(SamplingOptions options, string sentence) =>
        Assert.Equal(sentence, Assert.Throws<ConfigurationException>(options.Validate).Message);

    [Fact]
    public void The_ends_of_the_ranges_are_allowed()
    {
        var options = new SamplingOptions { Temperature = 0, TopK = 1, TopP = 1, MaxTokens = 1 };
        Assert.Same(options, options.Validate());
    }
}
