using System.Globalization;
using GptSharp.Nn;

namespace GptSharp.Training.Profiling;

/// <summary>The steps that are profiled, counted from 1 as displays count them.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last, itself included.</param>
public sealed record ProfileRange(long First, long Last)
{
    /// <summary>Reads <c>20:30</c>, or a single <c>20</c>.</summary>
    /// <exception cref="ConfigurationException">It is neither.</exception>
    public static ProfileRange Parse(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length <= 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long first)
            && long.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out long last)
            && first >= 1 && first <= last
                ? new ProfileRange(first, last)
                : throw new ConfigurationException(
                    $"'{text}' is no range of steps; give the first and the last step to profile, for example 20:30.", null, "--profile");
    }

    /// <summary>Refuses steps that a run does not take.</summary>
    /// <param name="first">The first step that it takes.</param>
    /// <param name="last">The last one.</param>
    /// <exception cref="ConfigurationException">It does not take all of these.</exception>
    public void RequireWithin(long first, long last)
    {
        if (First < first || Last > last)
        {
            throw new ConfigurationException(
                $"steps {First} to {Last} are to be profiled, but this run takes steps {first} to {last}.", null, "--profile");
        }
    }

    /// <summary>Whether a step is one of them.</summary>
    public bool Contains(long step) => step >= First && step <= Last;
}
