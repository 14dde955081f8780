namespace GptSharp.Cli;

/// <summary>Where a command writes; tests give their own.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Everything that is not a result.</param>
internal sealed record CommandOutput(TextWriter Out, TextWriter Error);
