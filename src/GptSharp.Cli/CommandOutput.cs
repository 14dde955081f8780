namespace GptSharp.Cli;

/// <summary>Where a command writes, and reads; tests give their own.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Everything that is not a result.</param>
/// <param name="IsTerminal">Whether a person watches <paramref name="Out"/> in a terminal that can redraw.</param>
internal sealed record CommandOutput(TextWriter Out, TextWriter Error, bool IsTerminal = false)
{
    /// <summary>Opens what is given to the command as bytes.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    /// <summary>Opens the place of <see cref="Out"/> for results that are bytes, or many.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;
}
