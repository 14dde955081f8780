using GptSharp.Training.Optimization;

namespace GptSharp.Training.Tracing;

/// <summary>Optimizer steps that a trace runs after its forward and backward pass.</summary>
/// <param name="Count">How many; step s trains on batch s of the file.</param>
/// <param name="LearningRate">Step size, the same for all.</param>
/// <param name="Optimizer">The rest of AdamW's settings.</param>
public sealed record TraceSteps(int Count, double LearningRate, AdamWOptions Optimizer);
