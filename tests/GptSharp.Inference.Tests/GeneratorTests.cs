namespace GptSharp.Inference.Tests;

public sealed class GeneratorTests
{
    private static readonly int[][] _prompts =
    [
        [3],
        [1, 4, 1],
        [5, 9, 2, 6, 5, 3, 5],
        [8, 9, 7, 9, 3, 2, 3, 8, 4, 6, 2, 6, 4, 3, 3, 8, 3, 2, 7, 9],
    ];

    public static TheoryData<string, double, int> Ways => new()
    {
        { "cpu", 0, 6 }, { "cpu", 1, 6 }, { "cpu", 1, 60 }, { "reference", 0, 30 }, { "reference", 1, 30 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_cache_changes_no_token(string backend, double temperature, int length)
    {
        using var tiny = new TinyModel(backend);
        var options = new SamplingOptions { Temperature = temperature, MaxTokens = length, Seed = 5, StopToken = 10 };
        Assert.Equal(Generate(tiny, _prompts, options with { UseCache = false }), Generate(tiny, _prompts, options));
    }

    private static IReadOnlyList<int[]> Generate(TinyModel tiny, int[][] prompts, SamplingOptions options) =>
        new Generator(tiny.Model).Generate(prompts, options, null, TestContext.Current.CancellationToken);
}
