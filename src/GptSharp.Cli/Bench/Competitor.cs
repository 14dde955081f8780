using System.Diagnostics;
using System.Globalization;

namespace GptSharp.Cli.Bench;

/// <summary>Another program that does the same work: it prints one figure per line, milliseconds, and is run again for each round.</summary>
/// <param name="command">A line for the system's shell.</param>
internal sealed class Competitor(string command)
{
    /// <summary>Runs it once.</summary>
    /// <returns>Its figures, in milliseconds.</returns>
    /// <exception cref="InvalidDataException">It failed, or printed something else.</exception>
    public IReadOnlyList<double> Run()
    {
        ProcessStartInfo start = OperatingSystem.IsWindows()
            ? new("cmd.exe", ["/c", command])
            : new("/bin/sh", ["-c", command]);
        start.RedirectStandardOutput = true;
        using Process process = Process.Start(start)!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidDataException($"The command '{command}' ended with exit code {process.ExitCode}.");
        }

        return lines.Length == 0
            ? throw new InvalidDataException($"The command '{command}' printed nothing; one figure per line, in milliseconds, was expected.")
            : [.. lines.Select(Milliseconds)];
    }

    private double Milliseconds(string line) =>
        double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0
            ? value
            : throw new InvalidDataException($"The command '{command}' printed '{line}'; one figure per line, in milliseconds, was expected.");
}
