using System.CommandLine;

namespace GptSharp.Cli;

/// <summary>A command whose help ends with command lines to copy.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does, in a sentence.</param>
/// <param name="examples">Whole command lines.</param>
internal sealed class CommandWithExamples(string name, string description, params IReadOnlyList<string> examples) : Command(name, description)
{
    /// <summary>Whole command lines, each of which works as it stands in the repository's root.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}
