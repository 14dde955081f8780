namespace GptSharp.Nn;

/// <summary>A published model's shape under a name.</summary>
/// <param name="Name">Name that configs and the command line use, for example <c>gpt2-medium</c>.</param>
/// <param name="Aliases">Other names for the same shape.</param>
/// <param name="Title">The paper's name for it.</param>
/// <param name="Config">The shape.</param>
/// <param name="Notes">Where this differs from what was published, one sentence each; empty when it does not.</param>
public sealed record GptPreset(string Name, IReadOnlyList<string> Aliases, string Title, GptConfig Config, IReadOnlyList<string> Notes);
