namespace GptSharp.Training.Configuration;

/// <summary>What happens when a run is resumed with another value of a setting than it was started with.</summary>
public enum ResumeRule
{
    /// <summary>Allowed: no bit of the result depends on it (threads, cadence of output, place of files).</summary>
    Free,

    /// <summary>Allowed, but said aloud: the run no longer follows the trajectory it started on.</summary>
    Announced,

    /// <summary>Refused: the saved weights, moments or data position would not fit.</summary>
    Fixed,
}
