using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using GptSharp.Training;

namespace GptSharp.Cli.Proof;

/// <summary>This very command in a process of its own, that trains and may be killed.</summary>
internal static class ProofProcess
{
    private const string TrainCommand = "train";

    /// <summary>Trains a run to its end.</summary>
    /// <exception cref="TrainingException">It failed.</exception>
    public static void Finish(string config)
    {
        using Process process = Start(TrainCommand, config, "--resume");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new TrainingException($"The resumed process failed with exit code {process.ExitCode}: {errors.Result.Trim()}");
        }
    }

    /// <summary>Trains until a line says that a moment has come, and kills the process a little later.</summary>
    /// <param name="config">The run's configuration.</param>
    /// <param name="isResumed">Whether it goes on with a run.</param>
    /// <param name="word">What the line begins with.</param>
    /// <param name="step">From which step on.</param>
    /// <param name="delay">How much later.</param>
    /// <returns>The last step that the process spoke of.</returns>
    /// <exception cref="TrainingException">It ended by itself.</exception>
    public static long Kill(string config, bool isResumed, string word, long step, TimeSpan delay)
    {
        using Process process = Start([TrainCommand, config, "--await-kill", .. isResumed ? ["--resume"] : Array.Empty<string>()]);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        long reached = 0;
        bool isTime = false;
        while (!isTime && process.StandardOutput.ReadLine() is { } line)
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0 && long.TryParse(line[(blank + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out long said))
            {
                reached = said;
                isTime = said >= step && line.StartsWith(word, StringComparison.Ordinal);
            }
        }

        // Sleeping would be too coarse for a save of a few milliseconds.
        for (long start = Stopwatch.GetTimestamp(); isTime && Stopwatch.GetElapsedTime(start) < delay;)
        {
            Thread.SpinWait(50);
        }

        if (!isTime || process.HasExited)
        {
            process.WaitForExit();
            throw new TrainingException($"The process ended by itself, with exit code {process.ExitCode}: {errors.Result.Trim()}");
        }

        process.Kill();
        process.WaitForExit();
        return reached;
    }

    private static Process Start(params IReadOnlyList<string> arguments)
    {
        // dotnet gptsharp.dll … or gptsharp …
        string program = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        var start = new ProcessStartInfo(program, isHost ? [Assembly.GetExecutingAssembly().Location, .. arguments] : arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // A runtime that is killed leaves the pipes and the socket behind at which debuggers would find it.
            Environment = { ["DOTNET_EnableDiagnostics"] = "0" },
        };
        return Process.Start(start)!;
    }
}
