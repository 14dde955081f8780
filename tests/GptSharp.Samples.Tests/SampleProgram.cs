using System.Diagnostics;

namespace GptSharp.Samples.Tests;

/// <summary>Runs a sample as its reader would: as a program of its own.</summary>
internal static class SampleProgram
{
    /// <summary>Runs a sample to its end.</summary>
    /// <returns>What it printed, line by line.</returns>
    public static string[] Run(string name, params string[] arguments)
    {
        using Process process = Start(name, AppContext.BaseDirectory, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name} ended with {process.ExitCode}: {errors.Result}");
        return output.ReplaceLineEndings("\n").Split('\n');
    }

    /// <summary>Starts a sample in a folder.</summary>
    public static Process Start(string name, string folder, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, $"{name}.dll"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,

            // A runtime that is killed would leave the pipes and the socket behind at which debuggers find it.
            Environment = { ["DOTNET_EnableDiagnostics"] = "0" },
        })!;
}
