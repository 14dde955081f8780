using GptSharp.Nn;
using GptSharp.Tensors.Memory;

namespace GptSharp.Training.Optimization;

/// <summary>Factors of the learning rate for parts of a model; the norm before the head and an untied head have none.</summary>
/// <param name="Embedding">For the tables of tokens and positions; a tied head shares the token table's.</param>
/// <param name="Layers">One for every block, or a single one for all of them.</param>
public sealed record LearningRateScales(double Embedding, IReadOnlyList<double> Layers)
{
    /// <summary>Every part at the full rate.</summary>
    public static LearningRateScales None { get; } = new(1, [1]);

    /// <summary>The factor of one parameter.</summary>
    public double Of(Gpt model, Parameter parameter) => Gpt.LayerOf(parameter) is { } layer
        ? Layers.Count == 1 ? Layers[0] : Layers[layer]
        : model.IsEmbedding(parameter) ? Embedding : 1;
}
