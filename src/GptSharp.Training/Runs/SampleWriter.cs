using GptSharp.Inference;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;

namespace GptSharp.Training.Runs;

/// <summary>Lets the model of a run write, as its <c>sample:</c> section says.</summary>
internal sealed class SampleWriter
{
    private const int JudgedStories = 200;

    // Bounds the memory of the cache.
    private const int StoriesAtOnce = 50;

    private readonly Generator _generator;
    private readonly TrainingData _data;
    private readonly SampleSection _section;
    private readonly int[] _prompt;

    /// <exception cref="GptSharp.Data.Tokenizers.UnknownCharacterException">The prompt has a character that the vocabulary lacks.</exception>
    public SampleWriter(Gpt model, TrainingData data, SampleSection section)
    {
        _generator = new Generator(model);
        _data = data;
        _section = section;
        _prompt = section.Prompt.Length == 0 ? [data.StartToken] : data.Tokenizer.Encode(section.Prompt);
    }

    /// <summary>What the model writes now.</summary>
    /// <param name="step">Updates done: every time, other random numbers.</param>
    /// <param name="cancellation">Looked at before every token.</param>
    public IReadOnlyList<string> Write(long step, CancellationToken cancellation)
    {
        SamplingOptions options = Options() with { Seed = unchecked(_section.Seed + (ulong)step), MaxTokens = _section.Length };
        return Texts(_prompt, _section.Count, options, cancellation);
    }

    /// <summary>Share of 200 stories that the grammar could have written; null where there is no grammar.</summary>
    public double? AcceptedShare(CancellationToken cancellation)
    {
        if (_data.Grammar is not { } grammar)
        {
            return null;
        }

        int accepted = 0;
        for (int first = 0; first < JudgedStories; first += StoriesAtOnce)
        {
            SamplingOptions options = Options() with { FirstSequence = first, MaxTokens = grammar.LongestLength };
            accepted += Texts([_data.StartToken], StoriesAtOnce, options, cancellation).Count(grammar.Accepts);
        }

        return (double)accepted / JudgedStories;
    }

    private SamplingOptions Options() => new()
    {
        Temperature = _section.Temperature,
        TopK = _section.TopK,
        TopP = _section.TopP,
        Seed = _section.Seed,
        StopToken = _data.StopToken,
    };

    private List<string> Texts(int[] prompt, int count, SamplingOptions options, CancellationToken cancellation)
    {
        int[][] prompts = [.. Enumerable.Repeat(prompt, count)];
        return [.. _generator.Generate(prompts, options, onToken: null, cancellation).Select(tokens => _data.Tokenizer.DecodeContinuation(tokens))];
    }
}
