using GptSharp.Nn;
using Xunit;

namespace GptSharp.Nn.Tests;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("steps", "Steps", 0)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("batch", "bacth", 1)]
    [InlineData("dropout", "drpout", 1)]
    [InlineData("ca", "abc", 3)]
    public void Distance_counts_edits(string left, string right, int edits)
    {
        Assert.Equal(edits, NearestName.Distance(left, right));
        Assert.Equal(edits, NearestName.Distance(right, left));
    }

    [Theory]
    [InlineData("learning_rte", "learning_rate")]
    [InlineData("stesp", "steps")]
    [InlineData("xyzzy", null)]
    public void Only_a_plausible_misspelling_is_suggested(string word, string? suggestion) =>
        Assert.Equal(suggestion, NearestName.Find(word, ["steps", "learning_rate", "batch"]));

    [Fact]
    public void The_closest_name_is_found_however_far_it_is() => Assert.Equal("batch", NearestName.Closest("bxyzzy", ["learning_rate", "batch"]));
}
