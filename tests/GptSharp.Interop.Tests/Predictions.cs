using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Interop.Tests;

/// <summary>What a model here predicts, for comparison with other programs.</summary>
internal static class Predictions
{
    /// <summary>The logits after every token of a sequence: a row of V for each.</summary>
    public static float[][] Logits(Gpt model, int[] tokens)
    {
        using Step step = model.Engine.BeginStep(new StepOptions());
        Tensor logits = model.Forward(step.Input(tokens, (1, tokens.Length)));
        float[] all = Array.ConvertAll(logits.ToDoubles(), value => (float)value);
        int padded = logits.Shape.Last;
        return [.. Enumerable.Range(0, tokens.Length).Select(t => all.AsSpan(t * padded, model.Config.VocabularySize).ToArray())];
    }

    /// <summary>
    /// The likeliest tokens one after the other, up to the first whose logit leads the second by less than <paramref name="smallestGap"/>:
    /// from there on two programs may rightly differ.
    /// </summary>
    public static int[] Greedy(Gpt model, int[] prompt, int count, double smallestGap)
    {
        var tokens = new List<int>(prompt);
        while (tokens.Count < prompt.Length + count)
        {
            float[] logits = Logits(model, [.. tokens])[^1];
            int best = Array.IndexOf(logits, logits.Max());
            if (logits[best] - logits.Where((_, token) => token != best).Max() < smallestGap)
            {
                break;
            }

            tokens.Add(best);
        }

        return [.. tokens.Skip(prompt.Length)];
    }

    /// <summary>The largest difference between two sets of logits.</summary>
    public static double Distance(float[][] actual, float[][] expected) =>
        actual.Zip(expected, (left, right) => left.Zip(right, (a, b) => Math.Abs((double)a - b)).Max()).Max();
}
