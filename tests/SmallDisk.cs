using System.Diagnostics;

namespace GptSharp;

/// <summary>A disk that fills up quickly: a real one, in memory.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private SmallDisk()
    {
    }

    public string Path => _folder.Path;

    /// <summary>Mounts it, or skips the test where that is not possible.</summary>
    public static SmallDisk MountOrSkip(int megabytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("needs a small tmpfs, which only Linux has");
        }

        var disk = new SmallDisk();
        (int code, string error) = Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Path);
        if (code != 0)
        {
            disk._folder.Dispose();
            Assert.Skip($"a tmpfs cannot be mounted here: {error}");
        }

        return disk;
    }

    public void Dispose()
    {
        Assert.Equal((0, ""), Run("umount", Path));
        _folder.Dispose();
    }

    private static (int Code, string Error) Run(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd().Trim();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
