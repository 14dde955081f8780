using System.Runtime.InteropServices;

namespace GptSharp.Cli.Machine;

/// <summary>Names the processor.</summary>
internal static class Processor
{
    /// <summary>The name that the processor gives itself, or its architecture where the system does not pass the name on.</summary>
    public static string Name()
    {
        string? name = OperatingSystem.IsLinux() ? LinuxName("/proc/cpuinfo")
            : OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            : null;
        return string.IsNullOrWhiteSpace(name) ? RuntimeInformation.ProcessArchitecture.ToString() : name;
    }

    private static string? LinuxName(string path) => File.Exists(path)
        ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
        : null;
}
