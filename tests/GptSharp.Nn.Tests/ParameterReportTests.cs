using GptSharp.Nn;
using Xunit;

namespace GptSharp.Nn.Tests;

public sealed class ParameterReportTests
{
    private static readonly GptConfig Tiny = new() { VocabularySize = 10, BlockSize = 6, LayerCount = 2, HeadCount = 1, Width = 3, MlpWidth = 5 };

    // By hand: embeddings (10 + 6) 3 = 48; a block has norms 6 + 6, query-key-value 27 + 9, output 9 + 3, up 15 + 5, down 15 + 3 = 98;
    // the last norm 6. 48 + 2 x 98 + 6 = 250.
    [Fact]
    public void A_tiny_model_is_counted_as_by_hand()
    {
        ParameterReport report = new(Tiny);
        Assert.Equal(250, report.Total);
        Assert.Equal(202, report.NonEmbedding);
    }

    [Fact]
    public void Switches_add_and_remove_exactly_their_tensors()
    {
        Assert.Equal(250 + 30, new ParameterReport(Tiny with { TieHead = false }).Total);
        Assert.Equal(202, new ParameterReport(Tiny with { TieHead = false }).NonEmbedding);
        Assert.Equal(250 - 18, new ParameterReport(Tiny with { Positions = PositionEncoding.Sinusoidal }).Total);
        Assert.Equal(250 - (2 * (3 + 3 + 9 + 3 + 5 + 3)) - 3, new ParameterReport(Tiny with { Bias = false }).Total);
    }

    [Fact]
    public void Entries_show_the_shape_of_one_copy_and_the_count_of_all()
    {
        ParameterEntry entry = Assert.Single(new ParameterReport(Tiny).Entries, entry => entry.Name == "query-key-value weight");
        Assert.Equal(("attention", "(3, 9)", 2, 54L), (entry.Component, entry.Shape, entry.Copies, entry.Count));
    }
}
