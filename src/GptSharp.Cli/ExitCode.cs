namespace GptSharp.Cli;

/// <summary>What the command's exit status means to a script.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Failed; a model, data or checkpoint file that is refused included.</summary>
    public const int Failed = 1;

    /// <summary>The command line or a configuration of the user's is wrong.</summary>
    public const int WrongInput = 2;

    /// <summary>Interrupted by the user or the system, after saving what there was to save.</summary>
    public const int Interrupted = 130;
}
