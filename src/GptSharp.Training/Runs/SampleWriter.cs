using GptSharp.Inference;
using GptSharp.Nn;
using GptSharp.Training.Configuration;
using GptSharp.Training.Input;
using GptSharp.Training.Memory;

namespace GptSharp.Training.Runs;

/// <summary>Lets the model of a run write, as its <c>sample:</c> section says.</summary>
internal sealed class SampleWriter
{
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

    /// <summary>The texts of a run, as far as memory is concerned.</summary>
    public static SamplePlan PlanOf(TrainingData data, SampleSection section) => new(
        section.Prompt.Length == 0 ? 1 : Math.Max(1, data.Tokenizer.Encode(section.Prompt).Length),
        section.Judged > 0 ? data.Grammar?.LongestLength : null,
        data.Validation is not null);

    /// <summary>What the model writes now.</summary>
    /// <param name="step">Updates done: every time, other random numbers.</param>
    /// <param name="cancellation">Looked at before every token.</param>
    public IReadOnlyList<string> Write(long step, CancellationToken cancellation)
    {
        SamplingOptions options = Options() with { Seed = unchecked(_section.Seed + (ulong)step), MaxTokens = _section.Length };
        return Texts(_prompt, _section.Count, options, cancellation);
    }

    /// <summary>Share of the judged stories that the grammar could have written; null where there is no grammar, or none is to be judged.</summary>
    public double? AcceptedShare(CancellationToken cancellation)
    {
        if (_data.Grammar is not { } grammar || _section.Judged == 0)
        {
            return null;
        }

        int accepted = 0;
        for (int first = 0; first < _section.Judged; first += StoriesAtOnce)
        {
            SamplingOptions options = Options() with { FirstSequence = first, MaxTokens = grammar.LongestLength };
            accepted += Texts([_data.StartToken], Math.Min(StoriesAtOnce, _section.Judged - first), options, cancellation).Count(grammar.Accepts);
        }

        return (double)accepted / _section.Judged;
    }

    /// <summary>
    /// Of a dry run: what <see cref="Write"/> and, where there are stories, <see cref="AcceptedShare"/> make the model do when no text ends
    /// before it must.
    /// </summary>
    /// <param name="model">The model, on an engine that runs dry.</param>
    /// <param name="section">The configuration.</param>
    /// <param name="promptLength">Tokens of the prompt.</param>
    /// <param name="longestStory">Tokens of the longest story that is judged; null where there are none.</param>
    public static void RunDry(Gpt model, SampleSection section, int promptLength, int? longestStory)
    {
        Write(section.Count, promptLength, section.Length);
        if (longestStory is { } length)
        {
            Write(Math.Min(StoriesAtOnce, section.Judged), promptLength: 1, length);
        }

        // As texts end, those that remain are fed again together, however many they are and however long: other shapes than before.
        void Write(int count, int promptLength, int length)
        {
            Generate(count, promptLength, length);
            for (int left = count / 2; left > 0; left--)
            {
                Generate(left, promptLength + length - 1, maxTokens: 1);
            }
        }

        void Generate(int count, int promptLength, int maxTokens) => new Generator(model).Generate(
            [.. Enumerable.Repeat(new int[promptLength], count)], new SamplingOptions { Temperature = 0, MaxTokens = maxTokens });
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
