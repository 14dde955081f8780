using System.Diagnostics;

namespace GptSharp.Data.Preparation;

/// <summary>Says when it is time again.</summary>
internal sealed class Cadence(TimeSpan every)
{
    private long _last = Stopwatch.GetTimestamp();

    /// <summary>Whether the time has come; it then begins anew.</summary>
    public bool IsDue()
    {
        if (Stopwatch.GetElapsedTime(_last) < every)
        {
            return false;
        }

        _last = Stopwatch.GetTimestamp();
        return true;
    }
}
