namespace GptSharp.Nn.ModelFiles;

/// <summary>One tensor of a model as Hugging Face's transformers stores it: a parameter of a <see cref="Gpt"/>, or some of its rows.</summary>
/// <param name="Name">Its name in the file, for example <c>transformer.h.0.attn.c_attn.weight</c>.</param>
/// <param name="ParameterName">The name of the parameter that it is, or is a part of.</param>
/// <param name="Shape">Axis lengths in the file, without padding.</param>
/// <param name="IsTransposed">
/// Whether the file has (inputs, outputs), as transformers' Conv1D does, where <see cref="Gpt"/> has (outputs, inputs).
/// </param>
/// <param name="FirstRow">Where its rows begin in a parameter that packs several tensors of the file; of a vector, the first element.</param>
public sealed record ModelTensor(
    string Name, string ParameterName, IReadOnlyList<long> Shape, bool IsTransposed = false, long FirstRow = 0);
