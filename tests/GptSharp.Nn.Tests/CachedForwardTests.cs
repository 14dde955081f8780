using GptSharp.Tensors;
using GptSharp.TestKit;

namespace GptSharp.Nn.Tests;

public sealed class CachedForwardTests
{
    public static TheoryData<string> Names => ModelOptions.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Cached_scores_of_prompts_of_different_lengths_are_those_of_the_whole_sequences(string name)
    {
        foreach (string backend in SmallGpt.Backends.Select(row => row.Data))
        {
            Compare(name, backend);
        }
    }

    private static void Compare(string name, string backend)
    {
        bool exact = backend == "reference";
        using SmallGpt small = ModelOptions.NewModel(name, SmallGpt.NewBackend(backend), exact ? DType.F64 : DType.F32);
        double[] whole = small.Logits();
        int row = small.Model.Config.PaddedVocabularySize;
        using KeyValueCache cache = small.Model.NewCache(SmallGpt.Batch, small.Model.Config.BlockSize);

        // Prompts of 1, 4, 2 and 5 tokens; then one token at a time, then two, to the end of the shortest rest.
        foreach (int[] counts in (int[][])[[1, 4, 2, 5], [1, 1, 1, 1], [1, 1, 1, 1], [2, 1, 2, 1], [1, 1, 2, 1]])
        {
            int width = counts.Max();
            var tokens = new int[SmallGpt.Batch * width];
            for (int b = 0; b < SmallGpt.Batch; b++)
            {
                Array.Copy(small.Tokens, (b * SmallGpt.Time) + cache.Lengths[b], tokens, b * width, counts[b]);
            }

            using Step step = small.Engine.BeginStep(StepOptions.Evaluate);
            double[] scores = small.Model.ForwardCached(step.Input(tokens, (SmallGpt.Batch, width)), counts, cache).ToDoubles();
            for (int b = 0; b < SmallGpt.Batch; b++)
            {
                cache.Lengths[b] += counts[b];
                int last = (b * SmallGpt.Time) + cache.Lengths[b] - 1;
                double distance = RelativeDistance.Between(whole.AsSpan(last * row, row), scores.AsSpan(b * row, row));
                Assert.True(distance <= (exact ? 1e-13 : 1e-5), $"{backend}, sequence {b}, length {cache.Lengths[b]}: {distance:E2}");
            }
        }

        Assert.Equal([6, 8, 8, 9], cache.Lengths);
    }
}
