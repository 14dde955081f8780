using GptSharp.Data.Sampling;
using GptSharp.Data.Stories;
using GptSharp.Data.Tokenizers;

namespace GptSharp.Training.Input;

/// <summary>
/// The least loss possible on stories: the mean of -ln p that the grammar which wrote them gives to exactly the characters that an
/// evaluation scores.
/// </summary>
public static class StoryFloor
{
    /// <summary>The floor of an evaluation, in nats per scored token.</summary>
    /// <param name="grammar">What wrote the stories.</param>
    /// <param name="tokenizer">How they became tokens; one token per character.</param>
    /// <param name="blocks">The blocks that are evaluated.</param>
    public static double Of(StoryGrammar grammar, ITokenizer tokenizer, EvaluationBlocks blocks)
    {
        double[] surprises = Surprises(grammar, tokenizer, blocks);
        var tokens = new int[blocks.BlockLength];
        var targets = new int[blocks.BlockLength];
        var places = new long[blocks.BlockLength];
        double sum = 0;
        long scored = 0;
        for (long index = 0; index < blocks.Count; index++)
        {
            blocks.Read(index, tokens, targets);
            blocks.ReadPlaces(index, places);
            for (int i = 0; i < targets.Length; i++)
            {
                if (targets[i] != BlockSet.IgnoredTarget)
                {
                    sum += surprises[places[i]];
                    scored++;
                }
            }
        }

        return sum / scored;
    }

    // The first token is the separator before the first story, which nothing predicts.
    private static double[] Surprises(StoryGrammar grammar, ITokenizer tokenizer, EvaluationBlocks blocks)
    {
        var tokens = new int[blocks.Source.Count];
        blocks.Source.Read(0, tokens);
        string text = tokenizer.Decode(tokens);
        StoryScorer scorer = grammar.CreateScorer();
        var surprises = new double[text.Length];
        for (int i = 1; i < text.Length; i++)
        {
            surprises[i] = scorer.Read(text[i]);
        }

        return surprises;
    }
}
