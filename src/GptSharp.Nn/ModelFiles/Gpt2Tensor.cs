namespace GptSharp.Nn.ModelFiles;

/// <summary>One tensor of a GPT-2 model as Hugging Face's transformers stores it.</summary>
/// <param name="Name">Its name in the file, for example <c>transformer.h.0.attn.c_attn.weight</c>.</param>
/// <param name="ParameterName">The name of the same parameter of a <see cref="Gpt"/>.</param>
/// <param name="Shape">Axis lengths in the file, without padding.</param>
/// <param name="IsTransposed">
/// Whether the file has (inputs, outputs), as transformers' Conv1D does, where <see cref="Gpt"/> has (outputs, inputs).
/// </param>
public sealed record Gpt2Tensor(string Name, string ParameterName, IReadOnlyList<long> Shape, bool IsTransposed);
