namespace GptSharp.Inference.Tests;

/// <summary>
/// The distribution of the next token by its definition: each token is judged by comparing it with every other one; nothing is
/// sorted and nothing is accumulated from token to token.
/// </summary>
internal static class EnumeratedDistribution
{
    public static double[] Of(double[] scores, double temperature, int? topK, double topP)
    {
        bool Beats(int other, int token) =>
            scores[other] > scores[token] || (scores[other] == scores[token] && other < token);
        int[] tokens = [.. Enumerable.Range(0, scores.Length)];
        int Rank(int token) => tokens.Count(other => Beats(other, token));

        // e^(s/t) / sum e^(s'/t) without a shift: the scores of the tests are small.
        double[] weights = [.. scores.Select(score => temperature == 0 ? 0 : Math.Exp(score / temperature))];
        if (temperature == 0)
        {
            weights[tokens.Single(token => Rank(token) == 0)] = 1;
        }

        double[] amongTop = Normalised(tokens, token => topK is null || Rank(token) < topK, weights);
        return Normalised(
            tokens, token => amongTop[token] > 0 && tokens.Sum(other => Beats(other, token) ? amongTop[other] : 0) < topP, weights);
    }

    private static double[] Normalised(int[] tokens, Predicate<int> keeps, double[] weights)
    {
        double total = tokens.Sum(token => keeps(token) ? weights[token] : 0);
        return [.. tokens.Select(token => keeps(token) ? weights[token] / total : 0)];
    }
}
