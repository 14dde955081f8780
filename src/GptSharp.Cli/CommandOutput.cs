namespace GptSharp.Cli;

/// <summary>Where a command writes; tests give their own.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Everything that is not a result.</param>
/// <param name="IsTerminal">Whether a person watches <paramref name="Out"/> in a terminal that can redraw.</param>
internal sealed record CommandOutput(TextWriter Out, TextWriter Error, bool IsTerminal = false);
