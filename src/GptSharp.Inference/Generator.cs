using System.Runtime.Intrinsics;
using GptSharp.Nn;
using GptSharp.Tensors;

namespace GptSharp.Inference;

/// <summary>
/// Lets a model write: appends tokens to prompts, one at a time, each drawn from the distribution that the model gives after all
/// tokens before it. What a sequence becomes depends on its prompt, the seed and its number alone, not on the batch around it.
/// Sequences that outgrow the block go on in a <see cref="ContextWindow"/>.
/// </summary>
/// <param name="model">The model.</param>
public sealed class Generator(Gpt model)
{
    // Keeps these random numbers apart from those of dropout, whose sites count from 0.
    private const uint Site = 0xFFFF_0001;

    /// <summary>Continues prompts, which may have different lengths.</summary>
    /// <param name="prompts">The tokens of each prompt, at least one.</param>
    /// <param name="options">How tokens are chosen, and how many.</param>
    /// <param name="onToken">Called with a prompt's index and a token as soon as it is drawn.</param>
    /// <param name="cancellation">Looked at before every token.</param>
    /// <returns>The new tokens of each prompt, the stop token included where it was drawn.</returns>
    /// <exception cref="ConfigurationException">An option is out of range, a prompt is empty or has a token that the model lacks.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<int[]> Generate(
        IReadOnlyList<int[]> prompts, SamplingOptions options, Action<int, int>? onToken = null, CancellationToken cancellation = default)
    {
        options.Validate();
        CheckPrompts(prompts);
        Sequence[] sequences = [.. prompts.Select((prompt, index) => new Sequence(index, prompt))];
        List<Sequence> active = [.. sequences];
        var distribution = new NextTokenDistribution(model.Config.VocabularySize, options);
        using IScorer scorer = NewScorer(prompts, options);
        while (active.Count > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            scorer.Score(active, (sequence, scores) =>
            {
                distribution.Compute(scores);
                int token = distribution.Draw(Uniform(options, sequence));
                sequence.Add(token, options);
                onToken?.Invoke(sequence.Index, token);
            });
            active.RemoveAll(sequence => sequence.IsFinished);
        }

        return Array.ConvertAll(sequences, sequence => sequence.NewTokens);
    }

    // 53 random bits of the sequence's number and the token's place in it.
    private static double Uniform(SamplingOptions options, Sequence sequence)
    {
        uint number = unchecked((uint)(options.FirstSequence + sequence.Index));
        Vector128<uint> words = Philox.Block(Vector128.Create(0, number, (uint)sequence.Length, Site), options.Seed);
        return (((ulong)words[0] << 21) | (words[1] >> 11)) * (1.0 / (1UL << 53));
    }

    private IScorer NewScorer(IReadOnlyList<int[]> prompts, SamplingOptions options)
    {
        if (!options.UseCache)
        {
            return new WholeWindowScorer(model);
        }

        long longest = (long)prompts.Select(prompt => prompt.Length).DefaultIfEmpty().Max() + options.MaxTokens;
        return new CachedScorer(model, (int)Math.Min(model.Config.BlockSize, longest));
    }

    private void CheckPrompts(IReadOnlyList<int[]> prompts)
    {
        for (int index = 0; index < prompts.Count; index++)
        {
            int[] prompt = prompts[index];
            if (prompt.Length == 0)
            {
                throw new ConfigurationException(
                    $"Prompt {index + 1} is empty, but a model can only continue; give it at least one token.", "sample.prompt");
            }

            int place = Array.FindIndex(prompt, token => (uint)token >= model.Config.VocabularySize);
            if (place >= 0)
            {
                throw new ConfigurationException(
                    $"Prompt {index + 1} has token {prompt[place]} at place {place + 1}, but the model knows tokens 0 to "
                    + $"{model.Config.VocabularySize - 1}; use the tokenizer that it was trained with.",
                    "sample.prompt");
            }
        }
    }
}
