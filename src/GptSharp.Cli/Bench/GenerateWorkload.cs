using System.Diagnostics;
using GptSharp.Inference;
using GptSharp.Nn;
using GptSharp.Tensors;
using GptSharp.Tensors.Backends.Cpu;
using GptSharp.Tensors.Memory;

namespace GptSharp.Cli.Bench;

/// <summary>A model with random weights that continues a random prompt, as <c>gptsharp sample --greedy</c> does.</summary>
internal sealed class GenerateWorkload : IDisposable
{
    private readonly Engine _engine;
    private readonly Gpt _model;
    private readonly Generator _generator;
    private readonly SamplingOptions _options;
    private readonly int[] _prompt;
    private readonly List<double> _promptMilliseconds = [];

    /// <summary>Builds the model on the CPU.</summary>
    /// <param name="config">The model's sizes.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="storage">How weights, activations and the cache are stored.</param>
    /// <param name="promptTokens">Tokens of the prompt.</param>
    /// <param name="newTokens">Tokens to generate, at least 2.</param>
    public GenerateWorkload(GptConfig config, int threads, DType storage, int promptTokens, int newTokens)
    {
        _engine = new Engine(new CpuBackend(threads));
        _model = new Gpt(_engine, config, Precision.Of(storage));
        _model.Initialize(seed: 1);
        _generator = new Generator(_model);
        _options = new SamplingOptions { Temperature = 0, MaxTokens = newTokens };
        var random = new Random(1);
        _prompt = [.. Enumerable.Range(0, promptTokens).Select(_ => random.Next(config.VocabularySize))];
    }

    /// <summary>Bytes of the weights that a token reads: all of them, but of a table that only embeds a row.</summary>
    public double WeightBytes => _model.Arena.Parameters.Sum(parameter =>
        (double)parameter.Value.DType.Size() * (OnlyEmbeds(parameter) ? _model.Config.Width : _model.LogicalCount(parameter)));

    /// <summary>From the prompt to the first token: the median of all runs but the first.</summary>
    public double PromptMilliseconds => BenchTiming.Median(_promptMilliseconds[1..]);

    /// <summary>Generates once.</summary>
    /// <returns>Milliseconds per token, of those after the first.</returns>
    public double Run()
    {
        long start = Stopwatch.GetTimestamp(), first = 0, last = 0;
        _generator.Generate([_prompt], _options, (_, _) =>
        {
            last = Stopwatch.GetTimestamp();
            first = first == 0 ? last : first;
        });
        _promptMilliseconds.Add(Stopwatch.GetElapsedTime(start, first).TotalMilliseconds);
        return Stopwatch.GetElapsedTime(first, last).TotalMilliseconds / (_options.MaxTokens - 1);
    }

    public void Dispose()
    {
        _model.Dispose();
        _engine.Dispose();
    }

    // The table of tokens is the head, too, unless the head has a weight of its own.
    private bool OnlyEmbeds(Parameter parameter) =>
        _model.IsEmbedding(parameter) && !(_model.Config.TieHead && parameter.Name == "wte.weight");
}
