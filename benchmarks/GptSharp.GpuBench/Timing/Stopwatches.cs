using GptSharp.Cuda;

namespace GptSharp.GpuBench.Timing;

/// <summary>Times by the device's own clock.</summary>
internal static class Stopwatches
{
    private const int WarmUps = 3;
    private const int Runs = 15;

    /// <summary>The median time of a launch.</summary>
    /// <param name="driver">The device.</param>
    /// <param name="isSmall">Whether one run is enough.</param>
    /// <param name="launch">What is measured.</param>
    /// <param name="between">What comes before each run, outside of the time; null for nothing.</param>
    public static double MedianSeconds(ICudaDriver driver, bool isSmall, Action launch, Action? between = null)
    {
        int runs = isSmall ? 1 : Runs;
        for (int i = 0; i < (isSmall ? 1 : WarmUps); i++)
        {
            launch();
        }

        // All runs are in the stream before the first one is waited for, so that the host is never in the way.
        var marks = new (ICudaEvent Start, ICudaEvent End)[runs];
        for (int i = 0; i < runs; i++)
        {
            marks[i] = (driver.NewEvent(), driver.NewEvent());
            between?.Invoke();
            marks[i].Start.Record();
            launch();
            marks[i].End.Record();
        }

        double[] seconds = [.. marks.Select(mark => mark.End.MillisecondsSince(mark.Start) / 1e3).Order()];
        foreach ((ICudaEvent start, ICudaEvent end) in marks)
        {
            start.Dispose();
            end.Dispose();
        }

        return seconds[runs / 2];
    }
}
