using GptSharp.Tensors;

namespace GptSharp.Inference.Tests;

public sealed class CachedScorerTests
{
    // Tokens could agree by luck; scores to the last bit cannot.
    public static MatrixTheoryData<int, string> Batches => new([1, 3, 30], TinyModel.ShapeNames);

    [Theory]
    [MemberData(nameof(Batches))]
    public void Scores_have_the_bits_of_whole_windows(int batch, string shape)
    {
        using var tiny = new TinyModel(shape: shape);
        using var untouched = new TinyModel(shape: shape);     // whose weights lie as usual
        var options = new SamplingOptions { MaxTokens = 40, StopToken = 10 };
        List<Sequence> active = [.. Enumerable.Range(0, batch).Select(i => new Sequence(i, [.. Enumerable.Repeat(i % 10, 1 + (i % 23))]))];
        var random = new Random(batch);
        using var cached = new CachedScorer(tiny.Model, capacity: 16);
        using var whole = new WholeWindowScorer(untouched.Model);
        while (active.Count > 0)
        {
            List<double[]> expected = [];
            whole.Score(active, (_, scores) => expected.Add(scores.ToArray()));
            Assert.Equal(active.Count, expected.Count);
            int next = 0;
            cached.Score(active, (sequence, scores) =>
            {
                Assert.Same(active[next], sequence);
                Assert.Equal(expected[next++], scores.ToArray());
                sequence.Add(random.Next(TinyModel.Vocabulary), options);
            });
            Assert.Equal(expected.Count, next);
            active.RemoveAll(sequence => sequence.IsFinished);
        }
    }

    [Fact]
    public void The_weights_are_as_they_were_when_it_is_disposed()
    {
        using var tiny = new TinyModel(shape: "wide");
        double[][] before = Weights(tiny);
        var options = new SamplingOptions { MaxTokens = 4 };
        var sequence = new Sequence(0, [1, 2, 3]);
        using (var cached = new CachedScorer(tiny.Model, capacity: 16))
        {
            Assert.Contains("end the generation first", Assert.Throws<TensorException>(() => Weights(tiny)).Message, StringComparison.Ordinal);
            cached.Score([sequence], (_, _) => sequence.Add(5, options));
        }

        Assert.Equal(before, Weights(tiny));

        static double[][] Weights(TinyModel tiny) => [.. tiny.Model.Arena.Parameters.Select(parameter => parameter.Value.ToDoubles())];
    }
}
